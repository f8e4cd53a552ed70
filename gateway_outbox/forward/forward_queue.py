"""The second delivery: which messages are to be forwarded, in which order, and what became of it.

A row is made in the transaction of the message's first append, so that no message is forgotten and
none is queued twice: not when another source, a reconciliation or a restart brings it again. The
number that Telegram takes once (`random_id`) is on disk before the request.
"""

import json
import secrets
import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from contracts.message import Message
from gateway_outbox.channels_file import Channels, Declared
from gateway_outbox.outbox.outbox import Along, Outbox

ALBUM_SECONDS = 2.0  # an album's parts come apart, and their number is unknown
GAP_SECONDS = 5.0  # a reconnect brings live messages before those that were missed
_SLACK_MS = 60_000  # Telegram's whole seconds, and its clock
_AT_ONCE = 500


class Waiting(NamedTuple):
    """A message that is still to be forwarded; `random_id` is set once it was tried."""

    channel_id: int
    message_id: int
    album_id: str | None
    random_id: int | None
    state: str
    queued_ms: int


class ForwardQueue:
    """The table `forward`. Off, and empty, unless a destination is declared."""

    def __init__(self, outbox: Outbox, channels: Channels) -> None:
        self._outbox = outbox
        self._channels = channels
        self._key: int | str | None = None
        self._since_ms = 0

    @property
    def destination(self) -> Declared | None:
        """The channel that copies go to, or None while forwarding is off."""
        return next(iter(self._channels.of_role("destination")), None)

    def queue_rows(self, messages: Sequence[Message]) -> Along:
        """What queues these messages, for the transaction of their append.

        For messages that a live source heard or a reconciliation recovered; never for history that
        is read at first sight or by a backfill, for replay or import. Edits of known messages and
        messages older than the forwarding itself are left out by the statement.
        """
        if (destination := self.destination) is None:
            return []
        now_ms = _now_ms()
        if destination.key != self._key:
            self._key, self._since_ms = destination.key, now_ms - _SLACK_MS
        mark = f"forward_since:{destination.key}"
        rows = [
            _queue_row(each, now_ms, mark, destination)
            for each in messages
            if each.deleted_at is None and each.channel_id != destination.id
        ]
        return [("mark_once", [(mark, self._since_ms)]), ("queue_forward", rows)] if rows else []

    async def waiting(self, channel_ids: Sequence[int] | None = None) -> list[Waiting]:
        """The rows that have waited longest; of these channels, where some are given."""
        of = None if channel_ids is None else json.dumps(channel_ids)
        rows = await self._outbox.read("forward_waiting", (of, _AT_ONCE))
        return [Waiting(*row) for row in rows]

    async def unsure(self) -> list[Waiting]:
        """The rows that were being forwarded; whether Telegram heard of it is not known."""
        return [Waiting(*row) for row in await self._outbox.read("forward_unsure")]

    async def pending(self) -> tuple[int, float]:
        """How many rows wait, and for how long the oldest has, in seconds."""
        ((count, oldest_ms),) = await self._outbox.read("forward_pending")
        return count, max(0.0, (_now_ms() - oldest_ms) / 1000) if count else 0.0

    async def is_early(self, row: Waiting, contiguous_id: int) -> bool:
        """Whether a message before this one may still be recovered, and would then come too late.

        Only for a moment: ids are also left out where a message was deleted or none to forward.
        """
        before = row.message_id - 1
        if before <= contiguous_id or not 0 <= _now_ms() - row.queued_ms < GAP_SECONDS * 1000:
            return False
        return bool(await self._outbox.read("never_here", (row.channel_id, f"[{before}]")))

    async def begin(self, group: Sequence[Waiting]) -> list[int]:
        """Commit that these are being forwarded; returns their numbers, kept or drawn."""
        numbers = [each.random_id or secrets.randbits(63) + 1 for each in group]
        rows = [(n, e.channel_id, e.message_id) for n, e in zip(numbers, group, strict=True)]
        await self._outbox.write("forward_sending", rows)
        return numbers

    async def put_back(self, group: Sequence[Waiting]) -> None:
        """They were not forwarded, and wait on under the same numbers."""
        await self._outbox.write("forward_again", [each[:2] for each in group])

    async def settle(
        self,
        group: Sequence[Waiting],
        state: Literal["forwarded", "refused"],
        reason: str | None = None,
    ) -> None:
        """They were forwarded, or never will be."""
        now_ms = _now_ms()
        rows = [(state, reason, now_ms, *each[:2]) for each in group]
        await self._outbox.write("settle_forward", rows)

    async def original(self, row: Waiting) -> Message | None:
        """The message as it was first received; None once its row was purged."""
        found = await self._outbox.read("first_payload", row[:2])
        return msgspec.json.decode(found[0][0], type=Message) if found else None


def next_group(rows: Sequence[Waiting], now_ms: int) -> list[Waiting]:
    """The message, or the whole album, that goes next; nothing when all have to wait.

    Of each channel the lowest id goes first. The channel that has waited longest is asked first;
    one whose album may still get parts holds up itself alone.
    """
    by_channel: dict[int, list[Waiting]] = {}
    for row in rows:
        by_channel.setdefault(row.channel_id, []).append(row)
    for waiting in by_channel.values():
        head = min(waiting, key=lambda row: row.message_id)
        if head.album_id is None:
            return [head]
        album = sorted(row for row in waiting if row.album_id == head.album_id)
        newest = max(row.queued_ms for row in album)
        if not 0 <= now_ms - newest < ALBUM_SECONDS * 1000:
            return album
    return []


def is_copy(original: Message | None, row: Waiting, copy: Message) -> bool:
    """Whether a message of the destination is the copy of this one.

    A forward of a channel's post names that post; any other names only the time it was written at.
    """
    if copy.origin is None:
        return False
    key = original.key if original else row[:2]
    if copy.origin.message_id is not None:
        return copy.key == key
    if original is None or copy.text != original.text:
        return False
    written = original.origin.timestamp if original.origin else original.timestamp
    return copy.origin.timestamp == written


def _queue_row(
    message: Message, now_ms: int, mark: str, destination: Declared
) -> tuple[object, ...]:
    """The parameters of `queue_forward`, in their order."""
    return (
        message.channel_id,
        message.message_id,
        message.album_id,
        now_ms,
        int(message.timestamp.timestamp() * 1000),
        mark,
        str(destination.key),
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
