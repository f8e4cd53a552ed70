"""A channel's history, oldest first, from where ours ends: what a difference can no longer tell.

Each chunk is committed together with the id that it reaches to, so that a crash at any point costs
a chunk that is read again, and never a message.
"""

import logging
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, NamedTuple

from telethon import errors
from telethon.tl import functions, types

from contracts.message import INT64_MAX
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Along, Outbox
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import TrackedChannel
from gateway_outbox.user.user_intake import SOURCE, Received, UserIntake

log = logging.getLogger(__name__)

CHUNK = 100  # Telegram gives no more at a time
REREAD_MESSAGES = 300


class Head(NamedTuple):
    """How far a channel is at Telegram: its number of events, and its newest message's id."""

    pts: int
    top_id: int


class History:
    """Reads over one connection, into one intake."""

    def __init__(self, requests: Requests, intake: UserIntake, telemetry: Telemetry) -> None:
        self._requests = requests
        self._intake = intake
        self._outbox: Outbox = intake.outbox
        self._telemetry = telemetry

    async def head(self, channel: TrackedChannel) -> Head:
        """How far the channel is now."""
        answer = await self._page(channel, limit=1)
        return Head(answer.pts, answer.messages[0].id if answer.messages else 0)

    async def floor(self, channel: TrackedChannel, top_id: int, most: int) -> int:
        """The id beyond which a channel seen for the first time is read.

        At most `most` messages lie beyond it, and none that a file has brought.
        """
        if most == 0:
            return top_id
        answer = await self._page(channel, add_offset=most, limit=1)
        oldest: int = answer.messages[0].id if answer.messages else 0
        rows = await self._outbox.read("last_imported_id", (channel.channel_id,))
        return max(oldest, int(rows[0][0]))

    async def read_on(self, channel: TrackedChannel, *, is_gap: bool) -> None:
        """Take over everything beyond `contiguous_id` that is there now, chunk by chunk.

        What is posted meanwhile is left to the difference: a reader slower than the channel would
        follow it for ever, and no other channel would have its turn.

        In a gap, ids that are missing at Telegram are noted: as deletions of what we had, and as
        holes where we had nothing.
        """
        top_id = (await self.head(channel)).top_id
        async for chunk in self._chunks(channel, top_id):
            items = [each.to_dict() for each in chunk]
            received = Received(channel.channel_id, items, is_history=not is_gap)
            ids = {message.id for message in chunk}
            reach, holes = max(ids), 0
            if is_gap:
                received.deleted, holes = await self._missing(channel, reach, ids)
            along = cursor_row(channel, contiguous_id=reach, holes=holes)
            await self._intake.take(received, along)
            channel.contiguous_id = reach
            channel.holes += holes
            self._note_holes(channel, holes)

    async def reread(self, channel: TrackedChannel) -> None:
        """Read our newest messages again: edits and deletions of them are in no difference.

        The newest up to `contiguous_id`, and those beyond it, which came by a push.
        """
        stored: dict[int, None] = {}
        for reach in (channel.contiguous_id, INT64_MAX):
            values = (channel.channel_id, reach, REREAD_MESSAGES)
            stored |= {row[0]: None for row in await self._outbox.read("last_stored", values)}
        await self._read_again(channel, list(stored))

    async def _read_again(self, channel: TrackedChannel, stored: list[int]) -> None:
        received = Received(channel.channel_id)
        for first in range(0, len(stored), CHUNK):
            ids = [types.InputMessageID(id_) for id_ in stored[first : first + CHUNK]]
            request = functions.channels.GetMessagesRequest(input_channel(channel), ids)
            for message in (await self._requests.ask(request)).messages:
                if isinstance(message, types.MessageEmpty):
                    received.deleted.append(message.id)
                else:
                    received.items.append(message.to_dict())
        if stored:
            await self._intake.take(received)

    async def chunk(self, channel: TrackedChannel, beyond: int) -> list[Any]:
        """The next messages beyond an id, service messages too, ascending; none at the end."""
        try:
            answer = await self._page(channel, offset_id=beyond + 1, add_offset=-CHUNK, limit=CHUNK)
            found = [each for each in answer.messages if each.id > beyond]
        except errors.TypeNotFoundError as error:
            found = await self._one_by_one(channel, beyond, error)
        return sorted(found, key=lambda message: int(message.id))

    async def first_since(self, channel: TrackedChannel, since: datetime) -> int:
        """The id from which on messages were sent at this time or later."""
        answer = await self._page(channel, offset_date=since, limit=1)
        return answer.messages[0].id + 1 if answer.messages else 1

    async def _chunks(self, channel: TrackedChannel, top_id: int) -> AsyncIterator[list[Any]]:
        """Messages beyond `contiguous_id`; the caller moves it before the next chunk."""
        while channel.contiguous_id < top_id:
            found = await self.chunk(channel, channel.contiguous_id)
            if not found:
                return
            yield found

    async def _one_by_one(
        self, channel: TrackedChannel, beyond: int, error: Exception
    ) -> list[Any]:
        """The next ids asked for one at a time, because one of them cannot be read.

        That one is kept as an undecoded update, by its id. Raises `error` again when none of them
        can be read, since then it is not a message's fault.
        """
        found: list[Any] = []
        unread: list[tuple[object, ...]] = []
        for id_ in range(beyond + 1, beyond + 1 + CHUNK):
            wanted = [types.InputMessageID(id_)]
            request = functions.channels.GetMessagesRequest(input_channel(channel), wanted)
            try:
                answer = await self._requests.ask(request)
            except errors.TypeNotFoundError as fault:
                raw = f'{{"channel_id":{channel.channel_id},"message_id":{id_}}}'.encode()
                unread.append((SOURCE, raw, str(fault)[:500], time.time_ns() // 1_000_000))
            else:
                found += [m for m in answer.messages if not isinstance(m, types.MessageEmpty)]
        if not found:
            raise error
        await self._outbox.write("keep_undecoded", unread)
        self._telemetry.add("telegram_undecoded_updates_total", len(unread), source=SOURCE)
        return found

    async def _missing(
        self, channel: TrackedChannel, reach: int, ids: set[int]
    ) -> tuple[list[int], int]:
        """Ids up to `reach` that Telegram lacks: those we had, and how many we never had."""
        values = (channel.channel_id, channel.contiguous_id, reach)
        stored = {row[0] for row in await self._outbox.read("stored_between", values)}
        vanished = sorted(stored - ids)
        return vanished, reach - channel.contiguous_id - len(ids | stored)

    def _note_holes(self, channel: TrackedChannel, holes: int) -> None:
        if not holes:
            return
        self._telemetry.add("telegram_holes_total", holes)
        log.warning(
            "channel %d %s: %d messages up to %d were sent and deleted while we were away",
            channel.channel_id,
            channel.title,
            holes,
            channel.contiguous_id,
            extra={"action": "channel.holes", "channel": channel.channel_id, "holes": holes},
        )

    async def _page(self, channel: TrackedChannel, **window: Any) -> Any:
        nothing = dict.fromkeys(("offset_id", "add_offset", "max_id", "min_id", "hash"), 0)
        peer = types.InputPeerChannel(channel.bare_id, channel.access_hash)
        fields = {**nothing, "offset_date": None, **window}
        return await self._requests.ask(functions.messages.GetHistoryRequest(peer, **fields))


def input_channel(channel: TrackedChannel) -> Any:
    """The channel as requests name it."""
    return types.InputChannel(channel.bare_id, channel.access_hash)


def cursor_row(
    channel: TrackedChannel,
    *,
    pts: int | None = None,
    contiguous_id: int | None = None,
    holes: int = 0,
) -> Along:
    """The row that moves the cursor to where `channel` says, or to these `pts` and id."""
    reach = channel.contiguous_id if contiguous_id is None else contiguous_id
    pts = channel.pts if pts is None else pts
    now_ms = time.time_ns() // 1_000_000
    row = (pts, reach, channel.resume_pts, holes, now_ms, channel.channel_id)
    return [("move_cursor", [row])]
