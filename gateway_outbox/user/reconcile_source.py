"""The comparison of each tracked channel with Telegram: the truth, where pushes are only fast.

Our own cursor (`pts`) is committed in one transaction with the messages that it covers, and asking
Telegram from an old cursor takes nothing away there: whatever is lost on the way, the next
comparison brings it. See docs/adr/own-reconciliation.md.
"""

import logging
import random
from contextlib import suppress
from typing import Any

import anyio
from telethon import errors
from telethon.tl import functions, types

from contracts.telemetry import Telemetry
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.source import SourceState
from gateway_outbox.user.history_source import History, cursor_row, input_channel
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import TrackedChannel
from gateway_outbox.user.user_intake import Received, UserIntake
from gateway_outbox.user.user_trouble_source import words_of

log = logging.getLogger(__name__)

DIFFERENCE = 100  # events at a time; Telegram's limit for users
TRIES = 3

# Telegram cannot go on from our cursor just now; the last of these says so about the history.
_STUCK = (
    errors.PersistentTimestampInvalidError,
    errors.PersistentTimestampOutdatedError,
    errors.PersistentTimestampEmptyError,
    errors.HistoryGetFailedError,
    errors.TypeNotFoundError,
)


class NoProgressError(Exception):
    """Telegram says that there is more, and gives the same again."""


class Reconciliation:
    """Compares channels, one at a time. `first_sight`: how much history a new one is read of."""

    def __init__(
        self,
        intake: UserIntake,
        telemetry: Telemetry,
        state: SourceState,
        first_sight: int,
        retry: Backoff,
    ) -> None:
        self._intake = intake
        self._outbox = intake.outbox
        self._telemetry = telemetry
        self._state = state
        self._first_sight = first_sight
        self._retry = retry

    async def compare(self, requests: Requests, channel: TrackedChannel, pts: int | None) -> None:
        """Take over all that Telegram has and we have not; `pts` is Telegram's where known.

        Raises Telethon's errors; what was committed before one stays, and the next call goes on.
        """
        self._show_lag(channel, pts)
        if pts is not None and pts == channel.pts and channel.resume_pts is None:
            self._count("current")
            return
        history = History(requests, self._intake, self._telemetry)
        if channel.pts is None and channel.resume_pts is None:
            await self._see_first(history, channel, pts)
        if channel.resume_pts is not None:
            await self._fill(history, channel)
        await self._follow_or_fill(requests, history, channel)
        self._show_lag(channel, channel.pts)

    async def show_held(self) -> None:
        """Tell of deletions that wait for an operator, or that none do any more."""
        await self._intake.show_held()

    def count_failure(self) -> None:
        """A comparison that ended in an error."""
        self._count("failed")

    async def _see_first(self, history: History, channel: TrackedChannel, pts: int | None) -> None:
        """Note Telegram's cursor before any history is read: what changes meanwhile lies beyond."""
        head = await history.head(channel)
        floor = await history.floor(channel, head.top_id, self._first_sight)
        channel.resume_pts = min(head.pts, pts or head.pts)
        channel.contiguous_id = max(channel.contiguous_id, floor)
        await self._move(channel)

    async def _follow_or_fill(
        self, requests: Requests, history: History, channel: TrackedChannel
    ) -> None:
        """Follow; where Telegram cannot go on from our cursor, one pass over the history."""
        try:
            await self._patiently(requests, history, channel)
        except (*_STUCK, NoProgressError) as error:
            log.warning(
                "channel %d: no difference from %s (%s), reading its history instead",
                channel.channel_id,
                channel.pts,
                words_of(error),
                extra={"action": "channel.stuck", "channel": channel.channel_id},
            )
            await self._begin_gap(channel, (await history.head(channel)).pts)
            await self._fill(history, channel)
            await self._follow(requests, history, channel)

    async def _patiently(
        self, requests: Requests, history: History, channel: TrackedChannel
    ) -> None:
        """Follow, and try again a few times when Telegram is not ready to answer."""
        for number in range(1, TRIES):
            with suppress(*_STUCK):
                return await self._follow(requests, history, channel)
            await anyio.sleep(self._retry.wait(number, random.random()))  # noqa: S311  # spreads retries
        return await self._follow(requests, history, channel)

    async def _follow(self, requests: Requests, history: History, channel: TrackedChannel) -> None:
        """Differences from our cursor on, each committed with the cursor behind it."""
        while True:
            found = await requests.ask(
                functions.updates.GetChannelDifferenceRequest(
                    channel=input_channel(channel),
                    filter=types.ChannelMessagesFilterEmpty(),
                    pts=channel.pts,
                    limit=DIFFERENCE,
                )
            )
            if isinstance(found, types.updates.ChannelDifferenceTooLong):
                self._count("too_long")
                await self._begin_gap(channel, found.dialog.pts)
                await self._fill(history, channel)
            elif await self._take(channel, found):
                return

    async def _take(self, channel: TrackedChannel, found: Any) -> bool:
        """One difference; whether it was the last one."""
        if isinstance(found, types.updates.ChannelDifferenceEmpty):
            self._count("current")
            if found.pts != channel.pts:
                channel.pts = found.pts
                await self._move(channel)
            return True
        if not found.final and found.pts <= (channel.pts or 0):
            raise NoProgressError(f"pts stays at {found.pts}")
        received = received_from(channel.channel_id, found)
        reach = max([channel.contiguous_id, *(each.id for each in found.new_messages)])
        row = cursor_row(channel, pts=found.pts, contiguous_id=reach)
        await self._intake.take(received, row)
        channel.pts, channel.contiguous_id = found.pts, reach
        self._count("difference")
        return bool(found.final)

    async def _begin_gap(self, channel: TrackedChannel, pts: int) -> None:
        """From here on only the history can tell; its end is where `pts` takes over."""
        channel.resume_pts = pts
        await self._move(channel)

    async def _fill(self, history: History, channel: TrackedChannel) -> None:
        """The history beyond `contiguous_id`, then the cursor that was noted before it.

        What we had is read again first: should we be interrupted, it is done anew, and the
        cursor of the gap still stands before all of it.
        """
        await history.reread(channel)
        await history.read_on(channel, is_gap=channel.pts is not None)
        channel.pts, channel.resume_pts = channel.resume_pts, None
        await self._move(channel)

    async def _move(self, channel: TrackedChannel) -> None:
        for query, rows in cursor_row(channel):
            await self._outbox.write(query, rows)

    def _count(self, result: str) -> None:
        self._telemetry.add("telegram_reconciles_total", result=result)

    def _show_lag(self, channel: TrackedChannel, pts: int | None) -> None:
        lags = self._state.gauges.setdefault("telegram_reconcile_lag_events", {})
        if isinstance(lags, dict) and pts is not None:
            lags[str(channel.channel_id)] = float(max(0, pts - (channel.pts or 0)))


def received_from(channel_id: int, found: Any) -> Received:
    """A difference's messages, edits and deletions."""
    received = Received(channel_id, [message.to_dict() for message in found.new_messages])
    for update in found.other_updates:
        if isinstance(update, types.UpdateDeleteChannelMessages):
            received.deleted += update.messages
        elif isinstance(update, types.UpdateEditChannelMessage | types.UpdateNewChannelMessage):
            received.items.append(update.message.to_dict())
    return received
