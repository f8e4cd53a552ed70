"""One delivery: rows to the API, its answer to settlements."""

import logging
import time
from typing import Any

import msgspec

from contracts.problem import Problem
from contracts.telemetry import Telemetry
from contracts.trace import about
from contracts.wire import Outcome
from gateway_outbox.api_client import Answer, ApiClient
from gateway_outbox.outbox import Outbox, Row, Settlement
from gateway_outbox.trouble import TroubleError
from gateway_outbox.verdict import Action, Verdict, judge

log = logging.getLogger(__name__)

MAX_REASON = 500
_UNREADABLE = Verdict(Action.RETRY, "unexpected")


class _Answered(msgspec.Struct):
    """Of `Accepted` and `ItemResult` what settles a row; a newer API may say more, or otherwise."""

    outcome: Outcome
    index: int | None = None
    problem: Problem | None = None


class _BatchAnswered(msgspec.Struct):
    """The same of `BatchAccepted`."""

    results: list[_Answered]


class Delivery:
    """Sends rows and settles each by what the API made of it."""

    def __init__(self, client: ApiClient, outbox: Outbox, telemetry: Telemetry) -> None:
        self._client = client
        self._outbox = outbox
        self._telemetry = telemetry
        self.requested_at = time.monotonic()  # when a request last began or ended

    async def deliver(self, rows: list[Row]) -> None:
        """Send the rows and settle every one, or raise TroubleError with the others pending."""
        await self._outbox.settle(await self.send(rows))

    async def send(self, rows: list[Row]) -> list[Settlement]:
        """What the API made of the rows, to be settled by the caller. Raises TroubleError.

        A refused batch is halved until the refused rows stand alone. What came of the halves is
        settled here, row by dead row, so that a trouble in between does not lose it.
        """
        begun = time.perf_counter()
        self.requested_at = time.monotonic()
        answer = await self._client.post(rows)
        self.requested_at = time.monotonic()
        self._telemetry.record("relay_request_seconds", time.perf_counter() - begun)
        self._telemetry.record("relay_batch_rows", len(rows))
        verdict = judge(answer.status) if answer.status else Verdict(Action.RETRY, answer.failure)
        if verdict.action is Action.DELIVERED:
            return self._settlements(rows, answer)
        self._telemetry.add("telegram_publish_failures_total", reason=verdict.reason)
        if verdict.action is not Action.REJECTED:
            raise TroubleError(answer, verdict)
        if len(rows) == 1:
            await self.bury(rows[0], _reason(answer))
            return []
        middle = len(rows) // 2
        await self.deliver(rows[:middle])
        await self.deliver(rows[middle:])
        return []

    async def bury(self, row: Row, reason: str) -> None:
        """Make a row a dead letter: kept, shown, sent again only by an operator."""
        settlement = Settlement(row.seq, "dead_letter", reason=reason[:MAX_REASON])
        await self._outbox.settle([settlement])
        _tell([row], [settlement])

    def _settlements(self, rows: list[Row], answer: Answer) -> list[Settlement]:
        results = _results(answer.body, len(rows))
        if results is None:
            self._telemetry.add("telegram_publish_failures_total", reason=_UNREADABLE.reason)
            raise TroubleError(answer, _UNREADABLE)
        self._count(rows, results)
        found = [_settlement(row, result) for row, result in zip(rows, results, strict=True)]
        _tell(rows, found)
        return found

    def _count(self, rows: list[Row], results: list[_Answered]) -> None:
        now = time.time() * 1000
        outcomes: dict[tuple[str, Outcome], int] = {}
        for row, result in zip(rows, results, strict=True):
            place = (row.source, result.outcome)
            outcomes[place] = outcomes.get(place, 0) + 1
        for (source, outcome), number in outcomes.items():
            if outcome == "rejected":
                reason = "rejected"
                self._telemetry.add("telegram_publish_failures_total", number, reason=reason)
            else:
                self._telemetry.add(
                    "telegram_messages_published_total", number, source=source, outcome=outcome
                )
        # Rows of one request share its answer: the longest wait among them stands for all.
        # A clock set back makes it negative, which no histogram takes.
        seconds = max(0.0, (now - rows[0].appended_ms) / 1000)
        self._telemetry.record("relay_delivery_seconds", seconds)


def _results(body: bytes, sent: int) -> list[_Answered] | None:
    """What became of each row, or None when this is not our API's answer."""
    try:
        if sent == 1:
            return [msgspec.json.decode(body, type=_Answered)]
        results = msgspec.json.decode(body, type=_BatchAnswered).results
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    in_order = [result.index for result in results] == list(range(sent))
    return results if in_order else None


def _settlement(row: Row, result: _Answered) -> Settlement:
    if result.outcome == "rejected":
        problem = result.problem
        detail = problem.detail if problem else "no reason given"
        return Settlement(row.seq, "dead_letter", reason=f"rejected: {detail}"[:MAX_REASON])
    return Settlement(row.seq, "delivered", outcome=result.outcome)


def _tell(rows: list[Row], settlements: list[Settlement]) -> None:
    """A line for every dead letter; for what was delivered only at debug."""
    is_debugging = log.isEnabledFor(logging.DEBUG)
    for row, settlement in zip(rows, settlements, strict=True):
        if settlement.state == "dead_letter":
            message = "row %d is a dead letter, %s. Look at it with: tpcapital outbox show %d"
            told = (row.seq, settlement.reason, row.seq)
            log.error(message, *told, extra={"action": "relay.dead_letter", **_about(row)})
        elif is_debugging:
            extra = {"action": "relay.delivered", **_about(row)}
            log.debug("row %d delivered: %s", row.seq, settlement.outcome, extra=extra)


class _Named(msgspec.Struct, rename="camel"):
    """Of a payload, which message it is."""

    message_id: int = 0
    traceparent: str | None = None


def _about(row: Row) -> dict[str, Any]:
    named = msgspec.json.decode(row.payload, type=_Named)
    return {"seq": row.seq} | about(row.channel_id, named.message_id, named.traceparent)


def _reason(answer: Answer) -> str:
    """Why the API refused a row: its own words where it gave them."""
    try:
        detail = msgspec.json.decode(answer.body, type=Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        detail = answer.body[:MAX_REASON].decode(errors="replace")
    return f"{answer.status}: {detail}"
