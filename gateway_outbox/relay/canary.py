"""The canary: every minute a message that is none goes the whole way to the database and back.

In a quiet market nothing else tells an open pipe from a closed one. It takes the steps of a message
(commit to the outbox file, the relay's turn, the API's intake, a commit in the database) beside the
tables that are counted. The relay sends it only while it delivers; one that does not come back is
not sent again, the next takes its place. Nothing waits for it and its failures touch nothing else.
"""

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import anyio
import msgspec

from contracts import canary as wire
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.api_client import Answer, ApiClient
from gateway_outbox.relay.verdict import judge

log = logging.getLogger(__name__)

MISSED = 3  # so many in a row say that the pipe is closed
_OK = 200

_decoder = msgspec.json.Decoder(wire.CanaryStored)
_encoder = msgspec.json.Encoder()


class Flight(NamedTuple):
    """How a canary ended: `seconds` on its way, and why it did not come back (empty: it did)."""

    number: int
    seconds: float
    failure: str


class Canary:
    """Sends one each `seconds`; 0 means only those that are asked for."""

    def __init__(
        self, outbox: Outbox, client: ApiClient, seconds: float, telemetry: Telemetry
    ) -> None:
        self.seconds = seconds
        self.last_success = 0.0
        self.failure = ""
        self._outbox = outbox
        self._client = client
        self._telemetry = telemetry
        self._wake: Callable[[], None] = lambda: None
        self._begun = time.perf_counter()
        self._born = time.time()
        self._is_due = False
        self._landed = anyio.Event()
        self._last: Flight | None = None

    @property
    def is_late(self) -> bool:
        """Whether so many are missing that the pipe must be thought closed."""
        since = time.time() - max(self.last_success, self._born)
        return self.seconds > 0 and since > MISSED * self.seconds

    def on_due(self, wake: Callable[[], None]) -> None:
        """Call `wake` when there is one to deliver."""
        self._wake = wake

    async def run(self) -> None:
        """Send until cancelled."""
        for row in await self._outbox.read("canary"):
            self.last_success = (row[3] or 0) / 1000
        while self.seconds > 0:
            await self.send()
            await anyio.sleep(self.seconds)

    async def send(self) -> None:
        """Commit the next one to the outbox file; the relay is told."""
        self._begun = time.perf_counter()
        traceparent = f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
        await self._outbox.write("send_canary", [(traceparent, _now_ms())])
        self._is_due = True
        self._wake()

    async def fly(self, seconds: float) -> Flight | None:
        """Send one now and wait for its end; None when the relay did not take it in time."""
        self._landed = anyio.Event()
        await self.send()
        with anyio.move_on_after(seconds):
            await self._landed.wait()
            return self._last
        return None

    def take(self) -> bool:
        """Whether one is to be delivered; asked by the relay, which then does it."""
        due, self._is_due = self._is_due, False
        return due

    async def deliver(self) -> None:
        """Send the committed one to the API. Raises only what the outbox raises."""
        begun = self._begun
        number, traceparent, sent_ms, _ = (await self._outbox.read("canary"))[0]
        sent_at = datetime.fromtimestamp(sent_ms / 1000, UTC)
        body = wire.Canary(number=number, sent_at=sent_at, traceparent=traceparent)
        answer = await self._client.canary(_encoder.encode(body))
        seconds = time.perf_counter() - begun
        reason, why = _trouble(answer, number)
        if reason:
            self._telemetry.add("pipeline_canary_failures_total", reason=reason)
        else:
            now_ms = _now_ms()
            await self._outbox.write("canary_came_back", [(now_ms, number)])
            self.last_success = now_ms / 1000
            self._telemetry.record("pipeline_canary_duration_seconds", seconds)
        self._note(Flight(number, seconds, why), traceparent)

    def _note(self, flight: Flight, traceparent: str) -> None:
        """Tell who waits, and the log of the first of a kind."""
        if bool(flight.failure) != bool(self.failure):
            level = logging.WARNING if flight.failure else logging.INFO
            said = f"did not come back: {flight.failure}" if flight.failure else "came back again"
            action = "canary.lost" if flight.failure else "canary.back"
            trace_id = traceparent.split("-")[1]
            extra = {"action": action, "canary": flight.number, "trace_id": trace_id}
            log.log(level, "canary %d %s", flight.number, said, extra=extra)
        self.failure = flight.failure
        self._last = flight
        self._landed.set()


def _trouble(answer: Answer, number: int) -> tuple[str, str]:
    """A label for the metric and a sentence for a person; both empty when it came back."""
    if answer.status is None:
        return answer.failure, f"{answer.failure}: {answer.detail}"
    if answer.status == _OK:
        try:
            if _decoder.decode(answer.body).number == number:
                return "", ""
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        return "unexpected", f"{answer.url} gave another answer than the ingest API's"
    reason = judge(answer.status).reason
    if reason == "misroute":
        return reason, f"{answer.url} answers {answer.status}: an older API, or a wrong URL"
    return reason or "unexpected", f"{answer.url} answers {answer.status}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
