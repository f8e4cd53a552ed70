"""What the service manager is told of a gateway, from its start to its end.

It is told that the gateway is alive only while the event loop runs, the outbox takes a write and
the relay turns. Telegram or the API being away is no reason to restart: that would not bring them
back, and a new connection to Telegram costs.
"""

import logging
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import anyio

from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.relay import Relay, State
from gateway_outbox.service_manager import ServiceManager
from gateway_outbox.source import LOST, SourceState

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
STARTING_BEAT_SECONDS = 0.1
TRIES_SECONDS = 10.0  # how long the start waits for the sources' first try
EXTEND_SECONDS = 30.0
MOST_START_SECONDS = 900.0
CHECK_SECONDS = 5.0
RELAY_GRACE_SECONDS = 120.0
STOP_SECONDS = 15.0  # for what comes after the drain


class Pipeline(NamedTuple):
    """What is looked at, once it is open."""

    outbox: Outbox
    relay: Relay
    sources: Sequence[SourceState]


class Supervision:
    """Tells the manager: ready, a line on how it is, signs of life, stopping.

    `api_timeout` is the longest that one request of the relay may take, in seconds.
    """

    def __init__(self, manager: ServiceManager, api_timeout: float) -> None:
        self.manager = manager
        self._sign_seconds = (manager.watchdog_seconds or math.inf) / 3
        self._beat_seconds = min(BEAT_SECONDS, self._sign_seconds)
        self._grace = max(RELAY_GRACE_SECONDS, 5 * api_timeout)
        self._begun = self._extended = time.monotonic()
        self._pipeline: Pipeline | None = None
        self._received_since = 0.0
        self._next_sign = 0.0
        self._is_stopping = False

    async def run(self) -> None:
        """Until cancelled. Start it before the outbox is opened: a large one takes its time."""
        if not self.manager.listens:
            return
        await self.manager.status("opening the outbox")
        while True:
            await self._beat()
            await anyio.sleep(
                self._beat_seconds if self.manager.is_ready else STARTING_BEAT_SECONDS
            )

    def receiving(self, outbox: Outbox, relay: Relay, sources: Sequence[SourceState]) -> None:
        """All is open, HTTP is bound, the sources start now."""
        self._pipeline = Pipeline(outbox, relay, sources)
        self._received_since = time.monotonic()

    async def stopping(self, drain_seconds: float) -> None:
        """There is no more input; what is pending is delivered for so long."""
        self._is_stopping = True
        await self.manager.stopping(drain_seconds + STOP_SECONDS)

    async def _beat(self) -> None:
        if self._pipeline is None:
            await self._extend_start()
            return
        await self.manager.status(status_line(*self._pipeline, stopping=self._is_stopping))
        if not self.manager.is_ready and not self._is_stopping:
            await self._become_ready(self._pipeline)
        await self._give_sign(self._pipeline)

    async def _extend_start(self) -> None:
        """Ask for more time while the outbox is recovered, up to a limit."""
        now = time.monotonic()
        if now - self._extended > EXTEND_SECONDS / 3 and now - self._begun < MOST_START_SECONDS:
            self._extended = now
            await self.manager.extend(EXTEND_SECONDS)

    async def _become_ready(self, pipeline: Pipeline) -> None:
        """Ready once each source has tried, or had its time for that; never with all of them lost.

        So `systemctl start` fails for a gateway that nobody has logged in.
        """
        sources = pipeline.sources
        is_trying = any(source.condition in ("starting", "connecting") for source in sources)
        if is_trying and time.monotonic() - self._received_since < TRIES_SECONDS:
            return
        takes_writes = await _takes_writes(pipeline.outbox) and not pipeline.outbox.held
        is_lost = sources and all(source.condition in LOST for source in sources)
        if takes_writes and not is_lost:
            await self.manager.ready()

    async def _give_sign(self, pipeline: Pipeline) -> None:
        now = time.monotonic()
        if self.manager.watchdog_seconds is None or now < self._next_sign:
            return
        # The beat is no clock: one that is due before the next beat is given now.
        self._next_sign = now + self._sign_seconds - self._beat_seconds / 2
        if fault := await fault_of(pipeline.outbox, pipeline.relay, self._grace):
            log.error("no sign of life is given: %s", fault, extra={"action": "service.stuck"})
            return
        await self.manager.alive()


async def fault_of(outbox: Outbox, relay: Relay, grace: float) -> str:
    """What only a restart can mend, or nothing."""
    if not await _takes_writes(outbox):
        return f"outbox {outbox.path} did not commit within {CHECK_SECONDS:g} s"
    # A relay that cannot settle because the disk is full is held, not stuck.
    if not outbox.held and relay.late_seconds > grace:
        return f"the relay has not turned for {relay.late_seconds:.0f} s after it should have"
    return ""


async def _takes_writes(outbox: Outbox) -> bool:
    """Whether a small write is committed in time, or is held back for a reason that is known."""
    with anyio.move_on_after(CHECK_SECONDS):
        if not outbox.held:
            await outbox.write("count", [(0, "purged")])
        return True
    return bool(outbox.held)


def status_line(
    outbox: Outbox, relay: Relay, sources: Sequence[SourceState], *, stopping: bool = False
) -> str:
    """How the gateway is, in one line: sources, pending rows, trouble, the last message."""
    said = [", ".join(f"{each.name} {each.condition}" for each in sources) or "no source"]
    said = ["stopping"] if stopping else said
    said.append(f"{outbox.pending} pending")
    if outbox.dead_letters:
        said.append(f"{outbox.dead_letters} dead letters")
    if relay.trouble and relay.state is not State.DELIVERING:
        said.append(f"{relay.state.name.lower()} ({relay.trouble.reason})")
    if outbox.held:
        said.append(f"cannot store: {outbox.held}")
    last = max((each.last_message_at for each in sources if each.last_message_at), default=None)
    said.append(f"last message {_moment(last)}" if last else "no message yet")
    return "; ".join(said)


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
