"""A user source on a scripted Telegram and a real outbox, inside the test's own process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from contracts import wire
from contracts.message import Message
from contracts.secret import Secret, Token
from contracts.telemetry import Telemetry
from gateway_outbox.channels_file import Channels
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.settings import Settings
from gateway_outbox.user.request_source import Lane
from gateway_outbox.user.user_source import Pace, UserSource
from tests.messages import TOKEN
from tests.telegram.channel import Channel
from tests.telegram.client import API_HASH, API_ID
from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.session import write_session
from tests.waiting import eventually

SHORT = Pace(
    heartbeat=0.2,
    answer=1.0,
    connect=2.0,
    patience=3.0,
    clock=0.05,
    steady=5.0,
    unknown_key=0.05,
    crowded=0.5,
    stuck=Backoff(3, 0.01, 0.02),
    retry_channel=0.2,
    backoff=Backoff(3, 0.05, 0.1),
)


class Site:
    """The parts around user sources: folder, outbox, scripted server, channels file.

    The comparison runs on demand and every `reconcile` seconds.
    """

    def __init__(
        self, folder: Path, outbox: Outbox, telemetry: Telemetry, server: MtprotoServer
    ) -> None:
        self.folder = folder
        self.outbox = outbox
        self.telemetry = telemetry
        self.server = server
        self.login = server.telegram.login()
        self.fields: dict[str, Any] = {"reconcile_seconds": 600.0}
        session = folder / "session"
        session.mkdir(mode=0o700)
        write_session(session / "gateway.session", self.login, server.port)

    @property
    def settings(self) -> Settings:
        """Settings of a gateway here."""
        return Settings(
            api_secret_token=Token(TOKEN),
            telegram_api_id=API_ID,
            telegram_api_hash=Secret(API_HASH),
            telegram_dc=f"2@127.0.0.1:{self.server.port}",
            session_dir=self.folder / "session",
            channels_file=self.folder / "channels.toml",
            **self.fields,
        )

    def declare(self, *channels: Channel | str | int) -> None:
        """Write the channels file."""
        lines = ["version = 1"]
        for each in channels:
            key = each.marked_id if isinstance(each, Channel) else each
            kind = "name" if isinstance(key, str) else "id"
            value = f'"{key}"' if isinstance(key, str) else key
            lines += ["[[channel]]", f"{kind} = {value}"]
        (self.folder / "channels.toml").write_text("\n".join(lines), encoding="utf-8")

    def source(self, *, lanes: Sequence[Lane] = (), pace: Pace = SHORT) -> UserSource:
        """A source as the settings are now; its channels are `channels` until the next one."""
        settings = self.settings
        self.channels = Channels(settings)
        parts = (settings, self.channels, self.outbox, self.telemetry)
        return UserSource(*parts, lanes=lanes, pace=pace)

    @asynccontextmanager
    async def running(self, **options: Any) -> AsyncIterator[UserSource]:
        """A source that has compared everything once, cancelled at the end of the block."""
        source = self.source(**options)
        async with anyio.create_task_group() as tasks:
            with anyio.fail_after(20):
                await tasks.start(lambda *, task_status: source.run(task_status=task_status))
            yield source
            tasks.cancel_scope.cancel()

    async def latest(self, channel: Channel) -> dict[int, Message]:
        """By message: what the newest revision says, a deletion above all."""
        rows = await self.outbox.pending_rows(channel.marked_id, 100_000, 1 << 30)
        found: dict[int, Message] = {}
        for row in rows:
            message = wire.decode_message(row.payload)
            before = found.get(message.message_id)
            if before is None or _version(message) >= _version(before):
                found[message.message_id] = message
        return found

    async def texts(self, channel: Channel) -> dict[int, str]:
        """By message, without the deleted ones: the text."""
        latest = await self.latest(channel)
        return {id_: each.text for id_, each in latest.items() if each.deleted_at is None}

    async def holds(self, channel: Channel) -> None:
        """Wait until the outbox says of a channel what the channel says of itself."""

        async def agrees() -> bool:
            return await self.texts(channel) == told(channel)

        await eventually(agrees, 10)

    async def row(self, channel: Channel) -> dict[str, Any]:
        """The channel's row."""
        names = "channel_id access_hash title username pts contiguous_id resume_pts state reason"
        rows = await self.outbox.read("tracked_channels")
        named = {
            row[0]: dict(zip([*names.split(), "migrated_to", "no", "holes"], row, strict=True))
            for row in rows
        }
        return named[channel.marked_id]

    def counted(self, name: str, **labels: str) -> float:
        """A counter's value."""
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        for line in self.telemetry.exposition().decode().splitlines():
            if line.startswith(name) and all(each in line for each in wanted):
                return float(line.rpartition(" ")[2])
        raise KeyError(name)


def told(channel: Channel) -> dict[int, str]:
    """What the channel holds now: texts of its messages, service messages left out."""
    return {
        id_: message.message
        for id_, message in channel.messages.items()
        if type(message).__name__ == "Message"
    }


def _version(message: Message) -> tuple[bool, float]:
    return message.deleted_at is not None, message.version_at.timestamp()
