"""What Telegram pushes, into the outbox at once: the fast path, which never moves a cursor.

Whatever it drops or fails at, the reconciliation brings. So it is bounded, and asks for one.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import anyio
from telethon import TelegramClient, events
from telethon.tl import types

from contracts.telemetry import Telemetry
from gateway_outbox.user.channel_directory_source import ChannelDirectory
from gateway_outbox.user.tracked_channel import MARK
from gateway_outbox.user.user_intake import SOURCE, Received, UserIntake

BUFFER = 1000
BATCH = 100
_MESSAGES = (types.UpdateNewChannelMessage, types.UpdateEditChannelMessage)


class LivePath:
    """Takes pushes of one connection. `want(channel_id)` asks for a comparison of that channel."""

    def __init__(
        self,
        intake: UserIntake,
        directory: ChannelDirectory,
        telemetry: Telemetry,
        want: Callable[[int], None],
        buffer: int = BUFFER,
    ) -> None:
        self._intake = intake
        self._directory = directory
        self._telemetry = telemetry
        self._want = want
        self._buffer = buffer
        self._waiting: deque[tuple[int, Any]] = deque()
        self._arrived = anyio.Event()

    def listen(self, client: TelegramClient) -> None:
        """Hear of every update; Telethon's own filters would end the client when they raise."""
        client.add_event_handler(self.receive, events.Raw)

    def unlisten(self, client: TelegramClient) -> None:
        """Hear of no more."""
        client.remove_event_handler(self.receive)

    async def receive(self, update: Any) -> None:
        """One update, from Telethon: only put down, since the client waits meanwhile."""
        channel_id = channel_of(update)
        if channel_id is None or not self._directory.expects(channel_id):
            return
        is_content = isinstance(update, (*_MESSAGES, types.UpdateDeleteChannelMessages))
        if not is_content or not self._directory.follows(channel_id):
            # Joined, banned, renamed, migrated: the directory looks again.
            self._directory.ask_again(channel_id)
            self._want(channel_id)
        elif len(self._waiting) >= self._buffer:
            self._want(channel_id)
        else:
            self._note_delay(update)
            self._waiting.append((channel_id, update))
            self._arrived.set()

    async def run(self) -> None:
        """Write what arrives until cancelled. Raises OutboxFailedError."""
        while True:
            await self._arrived.wait()
            self._arrived = anyio.Event()
            while self._waiting:
                await self._write([self._waiting.popleft() for _ in range(self._size())])

    def _size(self) -> int:
        return min(len(self._waiting), BATCH)

    async def _write(self, batch: list[tuple[int, Any]]) -> None:
        by_channel: dict[int, Received] = {}
        for channel_id, update in batch:
            received = by_channel.setdefault(channel_id, Received(channel_id))
            if isinstance(update, types.UpdateDeleteChannelMessages):
                received.deleted += update.messages
            else:
                received.items.append(update.message.to_dict())
        for received in by_channel.values():
            await self._intake.take(received)

    def _note_delay(self, update: Any) -> None:
        """Telegram's date has whole seconds; `pts` is 0 in what was not pushed but asked for."""
        sent = getattr(getattr(update, "message", None), "date", None)
        if isinstance(update, types.UpdateNewChannelMessage) and update.pts and sent:
            delay = (datetime.now(UTC) - sent).total_seconds()
            self._telemetry.record("telegram_receive_delay_seconds", max(0.0, delay), source=SOURCE)


def channel_of(update: Any) -> int | None:
    """The marked id of the channel, or basic group that migrated, that an update is about.

    An UpdateChannelTooLong is none of them: Telethon keeps it, and gives us what it then asks for.
    """
    if isinstance(update, _MESSAGES):
        peer = update.message.peer_id
        return -MARK - peer.channel_id if isinstance(peer, types.PeerChannel) else None
    if isinstance(update, types.UpdateNewMessage):
        peer = update.message.peer_id
        action = getattr(update.message, "action", None)
        has_moved = isinstance(action, types.MessageActionChatMigrateTo)
        return -peer.chat_id if has_moved and isinstance(peer, types.PeerChat) else None
    bare = getattr(update, "channel_id", None)
    is_about_it = isinstance(update, types.UpdateDeleteChannelMessages | types.UpdateChannel)
    return -MARK - bare if is_about_it and isinstance(bare, int) else None
