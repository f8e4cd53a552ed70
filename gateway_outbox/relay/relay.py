"""The relay: delivers pending rows to the ingest API, in order per channel, however long it takes.

Two states that follow each other: `_deliver` keeps several channels in flight until a request
fails for a reason that is not in its rows; `_recover` then sends one row at a time, with growing
waits, until the API takes one. There is no state on disk but the rows' own, so a crash anywhere
costs at most a repeated request, which the API answers with "unchanged".
"""

import logging
import random
import time
from enum import Enum

import anyio
import stamina
from anyio.abc import TaskGroup, TaskStatus

from contracts import wire
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox, Row
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.relay.canary import Canary
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.settling import DELAY_SECONDS, Settling
from gateway_outbox.relay.suspects import Suspects
from gateway_outbox.relay.trouble import TroubleError

log = logging.getLogger(__name__)

MAX_BATCH_BYTES = 512 * 1024  # half of what the API takes: room for escapes and sequence numbers
SAFETY_POLL_SECONDS = 30.0
GROWTH = 4
LAST_COUNTED_RETRY = 10
STOP_SECONDS = 1.0


class State(Enum):
    """What the relay does now; the value is the metric's."""

    DELIVERING = 0
    RETRYING = 1
    HELD = 2


class Relay:
    """Moves rows from `pending` to `delivered` or `dead_letter`. Run one for an outbox."""

    def __init__(
        self,
        outbox: Outbox,
        delivery: Delivery,
        backoff: Backoff,
        lanes: int,
        telemetry: Telemetry,
    ) -> None:
        self._outbox = outbox
        self._canary: Canary | None = None
        self._delivery = delivery
        self._backoff = backoff
        self._lanes = lanes
        self._telemetry = telemetry
        self._settling = Settling(outbox)
        self._suspects = Suspects(outbox, delivery)
        self._wake = anyio.Event()
        self._in_flight: dict[int, frozenset[int]] = {}
        self._batch_limit = wire.MAX_BATCH_MESSAGES
        self.trouble: TroubleError | None = None
        self.retries = 0
        self.last_delivery: float | None = None
        self._due = time.monotonic()
        outbox.on_pending(self.wake)

    @property
    def state(self) -> State:
        """What the relay does now."""
        if self.trouble is None:
            return State.DELIVERING
        return State.HELD if self.trouble.held else State.RETRYING

    @property
    def late_seconds(self) -> float:
        """How long ago the next turn or request was due; some while means that it is stuck."""
        return max(0.0, time.monotonic() - max(self._due, self._delivery.requested_at))

    def carry(self, canary: Canary) -> None:
        """Deliver this canary whenever it is due, in a turn of the loop that delivers rows."""
        self._canary = canary
        canary.on_due(self.wake)

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Deliver until cancelled."""
        task_status.started()
        while True:
            if trouble := await self._deliver():
                await self._recover(trouble)

    async def drained(self, seconds: float) -> bool:
        """Wait, at most so long, until nothing is pending; a trouble ends the wait at once."""
        with anyio.move_on_after(seconds):
            # In turn behind what the sources had handed over when they were stopped.
            await self._outbox.recount()
            while self._outbox.pending > 0 and self.trouble is None:
                await self._wake.wait()
                await anyio.lowlevel.checkpoint()
        return self._outbox.pending == 0

    async def _deliver(self) -> TroubleError | None:
        """Keep the lanes filled until a request fails; the others in flight end by themselves."""
        try:
            async with anyio.create_task_group() as lanes:
                while self.trouble is None:
                    self._wake = anyio.Event()
                    await self._fill(lanes)
                    if self._canary is not None and self._canary.take():
                        lanes.start_soon(self._canary.deliver)
                    if self._settling.due(more_is_coming=bool(self._in_flight)):
                        lanes.start_soon(self._settle)
                    # An append, an answer, a commit wakes; the poll guards against a lost wake-up.
                    wait = DELAY_SECONDS if self._settling.waiting else SAFETY_POLL_SECONDS
                    self._due = time.monotonic() + wait
                    with anyio.move_on_after(wait):
                        await self._wake.wait()
            await self._settling.flush()
        finally:
            # Stopped in between: what is answered need not be sent again at the next start.
            with anyio.move_on_after(STOP_SECONDS, shield=True):
                await self._settling.flush()
        return self.trouble

    async def _fill(self, lanes: TaskGroup) -> None:
        """Give each free lane the oldest rows of channels that no other lane has."""
        busy = frozenset().union(*self._in_flight.values())
        channels = [c for c in await self._outbox.pending_channels() if c not in busy]
        while channels and len(self._in_flight) < self._lanes and self._settling.has_room:
            rows, taken = await self._take(channels)
            if rows:
                self._in_flight[rows[0].seq] = taken
                lanes.start_soon(self._lane, rows)

    async def _take(self, channels: list[int]) -> tuple[list[Row], frozenset[int]]:
        """A batch from the first channels of the list, which are taken off it."""
        rows: list[Row] = []
        taken = []
        room = MAX_BATCH_BYTES
        while channels and len(rows) < self._batch_limit and (room > 0 or not rows):
            taken.append(channels.pop(0))
            after = self._settling.after(taken[-1])
            found = await self._outbox.pending_rows(
                taken[-1], self._batch_limit - len(rows), room, after
            )
            rows += found
            room -= sum(len(row.payload) for row in found)
        return rows, frozenset(taken)

    async def _lane(self, rows: list[Row]) -> None:
        try:
            settlements = await self._delivery.send(rows)
        except TroubleError as trouble:
            self._suspects.note(rows, trouble)
            self.trouble = self.trouble or trouble
        else:
            self._settling.hold(rows, settlements)
            self._suspects.clear(rows)
            self._batch_limit = min(wire.MAX_BATCH_MESSAGES, self._batch_limit * GROWTH)
            self.last_delivery = time.monotonic()
        finally:
            del self._in_flight[rows[0].seq]
            self.wake()

    async def _settle(self) -> None:
        await self._settling.flush()
        self.wake()

    async def _recover(self, trouble: TroubleError) -> None:
        """Probe until the API takes a row. Attempt 1 is the request that failed already."""
        log.warning(
            "%s; %d rows wait, retrying",
            trouble,
            self._outbox.pending,
            extra={"action": "relay.trouble", "reason": trouble.reason},
        )
        begun = time.monotonic()
        self.retries = 0
        async for attempt in stamina.retry_context(on=self._wait, attempts=None, timeout=None):
            with attempt:
                if attempt.num == 1:
                    raise trouble
                await self._suspects.probe()
        log.info(
            "delivering again after %.1f s and %d retries",
            time.monotonic() - begun,
            self.retries,
            extra={"action": "relay.recovered", "retries": self.retries},
        )
        self._batch_limit = 1
        self.last_delivery = time.monotonic()
        self.trouble = None
        self.wake()

    def _wait(self, error: Exception) -> float | bool:
        """Seconds to wait after a failed attempt; False (it is raised) for any other error."""
        if not isinstance(error, TroubleError):
            return False
        self.trouble = error
        self.retries += 1
        number = str(min(self.retries, LAST_COUNTED_RETRY))
        self._telemetry.add("telegram_retry_attempts_total", attempt_number=number)
        # With suspects alone pending the API may be well: what comes next must not wait long.
        retry = min(self.retries, self._backoff.burst) if self._suspects.alone else self.retries
        wait = self._backoff.wait(retry, random.random(), error.retry_after)  # noqa: S311  # jitter
        self._due = time.monotonic() + wait
        return wait
