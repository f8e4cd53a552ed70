"""History on demand: a lane of the user session that reads, politely, what operators asked for.

Each chunk is committed together with the id that the next one begins at, so that a kill costs a
chunk that is read again, and never a message.
"""

import logging
from collections.abc import Awaitable
from datetime import datetime
from typing import Any, TypeVar

import anyio
import msgspec
from telethon import errors
from telethon.tl import types

from contracts.telemetry import Telemetry
from gateway_outbox.user import backfill_queue
from gateway_outbox.user.backfill_queue import Backfill
from gateway_outbox.user.history_desk import Compared, HistoryDesk, HistoryError
from gateway_outbox.user.history_source import History
from gateway_outbox.user.pace import Pace
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import TrackedChannel
from gateway_outbox.user.user_intake import Received, UserIntake

log = logging.getLogger(__name__)

CHUNKS_PER_MINUTE = 60  # a chunk is up to 100 messages
TROUBLE_SECONDS = 10.0
FIRST_LOOK_SECONDS = 2.0

T = TypeVar("T")
_REFUSED = (errors.BadRequestError, errors.ForbiddenError)


class BackfillLane:
    """Made once; `run` is one connection's life."""

    def __init__(
        self,
        intake: UserIntake,
        desk: HistoryDesk,
        telemetry: Telemetry,
        per_minute: int = CHUNKS_PER_MINUTE,
    ) -> None:
        self._intake = intake
        self._outbox = intake.outbox
        self._desk = desk
        self._telemetry = telemetry
        self._pace = Pace(per_minute)

    async def run(self, requests: Requests, channels: dict[int, TrackedChannel]) -> None:
        """Read what was asked for, until cancelled; raises as `Lane.run`."""
        history = History(requests, self._intake, self._telemetry)
        self._desk.reader = _Reader(history, self._intake, channels, self._pace)
        try:
            while True:
                await self._read_next(history, channels)
        finally:
            self._desk.reader = None

    async def _read_next(self, history: History, channels: dict[int, TrackedChannel]) -> None:
        running = [b for b in await backfill_queue.every(self._outbox) if b.state == "running"]
        known = [backfill for backfill in running if backfill.channel_id in channels]
        if not known:
            # A channel that is declared is found soon after a connection begins.
            with anyio.move_on_after(FIRST_LOOK_SECONDS if running else None):
                await self._desk.wait()
            return
        backfill = known[0]
        await self._pace.turn()
        try:
            await self._read(history, channels[backfill.channel_id], backfill)
        except _REFUSED as error:
            reason = f"Telegram answers {type(error).__name__}"
            await backfill_queue.fail(self._outbox, backfill, reason)
            extra = {"action": "backfill.failed", "channel": backfill.channel_id}
            log.warning("history of %d: %s", backfill.channel_id, reason, extra=extra)
        except errors.ServerError:
            await anyio.sleep(TROUBLE_SECONDS)

    async def _read(self, history: History, channel: TrackedChannel, backfill: Backfill) -> None:
        chunk = await history.chunk(channel, backfill.next_id - 1)
        wanted = [each for each in chunk if each.id <= backfill.last_id]
        is_end = not chunk or chunk[-1].id >= backfill.last_id
        next_id = backfill.last_id + 1 if is_end else chunk[-1].id + 1
        ids = [each.id for each in wanted if isinstance(each, types.Message)]
        along = backfill_queue.advanced(backfill, ids, next_id)
        await self._intake.take(_history(channel, wanted), along)
        if is_end:
            extra = {"action": "backfill.done", "channel": channel.channel_id}
            message = "history of %d read, messages %d to %d"
            log.info(message, *backfill[:2], backfill.last_id, extra=extra)


class _Reader:
    """A HistoryReader over one connection."""

    def __init__(
        self,
        history: History,
        intake: UserIntake,
        channels: dict[int, TrackedChannel],
        pace: Pace,
    ) -> None:
        self._history = history
        self._intake = intake
        self._channels = channels
        self._pace = pace

    async def top(self, channel_id: int) -> int:
        """As `HistoryReader.top`."""
        head = await _told(self._history.head(self._channel(channel_id)))
        return head.top_id

    async def first_since(self, channel_id: int, since: datetime) -> int:
        """As `HistoryReader.first_since`."""
        return await _told(self._history.first_since(self._channel(channel_id), since))

    async def compare(self, channel_id: int, from_id: int | None, *, fill: bool) -> Compared:
        """As `HistoryReader.compare`."""
        channel = self._channel(channel_id)
        outbox = self._intake.outbox
        if from_id is None:
            from_id = (await outbox.read("first_stored", (channel_id,)))[0][0]
        if from_id is None:
            return Compared(0, [], 0, None)
        await self._pace.turn()
        chunk = await _told(self._history.chunk(channel, from_id - 1))
        there = {each.id: each for each in chunk if isinstance(each, types.Message)}
        ids = msgspec.json.encode(list(there)).decode()
        missing = [row[0] for row in await outbox.read("never_here", (channel_id, ids))]
        if fill and missing:
            await self._intake.take(_history(channel, [there[id_] for id_ in missing]))
        next_id = chunk[-1].id + 1 if chunk else None
        return Compared(len(there), missing, len(missing) if fill else 0, next_id)

    def _channel(self, channel_id: int) -> TrackedChannel:
        channel = self._channels.get(channel_id)
        if channel is None:
            raise HistoryError(
                f"channel {channel_id} is not followed; declare it: tpcapital channels add"
            )
        if not channel.is_followed:
            raise HistoryError(f"channel {channel_id} cannot be read: {channel.reason}")
        return channel


def _history(channel: TrackedChannel, messages: list[Any]) -> Received:
    items = [each.to_dict() for each in messages]
    return Received(channel.channel_id, items, is_history=True)


async def _told(asked: Awaitable[T]) -> T:
    """The answer; what Telethon raises becomes a HistoryError."""
    try:
        return await asked
    except errors.RPCError as error:
        raise HistoryError(f"Telegram answers {type(error).__name__}: {error.message}") from error
    except (OSError, EOFError) as error:
        raise HistoryError("the connection to Telegram broke; try again soon") from error
