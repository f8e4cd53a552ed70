"""What a lane of the user session works with: a scripted Telegram, a real client, an outbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from contracts import metrics
from contracts.message import Message
from contracts.secret import Token
from contracts.telemetry import Telemetry
from gateway_outbox.channels_file import Channels
from gateway_outbox.flood_waits import FloodWaits
from gateway_outbox.outbox.outbox import Along, Outbox, open_outbox
from gateway_outbox.settings import Settings
from gateway_outbox.source import SourceState
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import TrackedChannel
from gateway_outbox.user.user_message import read_message
from tests.messages import TOKEN
from tests.telegram.channel import Channel
from tests.telegram.client import connected_client
from tests.telegram.mtproto_server import MtprotoServer, running_server
from tests.telegram.world import Telegram


@dataclass
class LaneRig:
    """Everything by name; `tracked` is what the user session would follow."""

    folder: Path
    telegram: Telegram
    server: MtprotoServer
    requests: Requests
    outbox: Outbox
    telemetry: Telemetry
    state: SourceState
    channels: Channels
    tracked: dict[int, TrackedChannel]

    def follow(self, channel: Channel) -> TrackedChannel:
        """Follow a channel from now on."""
        tracked = TrackedChannel(
            channel_id=channel.marked_id,
            access_hash=channel.access_hash,
            title=channel.title,
            username=channel.username,
            state="tracked",
            noforwards=channel.noforwards,
        )
        self.tracked[channel.marked_id] = tracked
        return tracked

    def declare_destination(self, channel: Channel) -> None:
        """Forward to this channel from now on."""
        self.folder.joinpath("channels.toml").write_text(
            f'version = 1\n[[channel]]\nid = {channel.marked_id}\nrole = "destination"\n'
        )
        self.channels.reload()

    async def counted(self, name: str, **labels: str) -> int:
        """What a counter shows."""
        counts = self.telemetry._counters[name]
        return counts.get(tuple(labels.items()), 0)


def received(message: Any, **changes: Any) -> Message:
    """A message of the scripted Telegram as the contract has it."""
    found = read_message(message.to_dict())
    assert found is not None
    return replace(found, **changes)


async def store(rig: LaneRig, batch: list[Message], along: Along = ()) -> None:
    """Append as the user source does."""
    await rig.outbox.append(batch, "user", along)


@asynccontextmanager
async def lane_rig(folder: Path) -> AsyncIterator[LaneRig]:
    """A rig on an outbox in that folder; its client is connected."""
    telemetry = Telemetry(metrics.GATEWAY, "test", "0")
    telegram, state = Telegram(), SourceState("user")
    settings = Settings(api_secret_token=Token(TOKEN), channels_file=folder / "channels.toml")
    async with (
        running_server(telegram) as server,
        open_outbox(folder / "outbox.sqlite3", telemetry) as outbox,
        connected_client(server, folder) as client,
    ):
        floods = FloodWaits(outbox, state, telemetry)
        await floods.load()
        requests = Requests(client, floods)
        channels = Channels(settings)
        yield LaneRig(folder, telegram, server, requests, outbox, telemetry, state, channels, {})
        assert server.unscripted == []
    telemetry.close()
