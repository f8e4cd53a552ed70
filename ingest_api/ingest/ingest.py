"""POST /ingest and POST /ingest/batch: bytes in, committed rows, and what became of each."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from contracts import problem, wire
from contracts.errors import ContractError
from contracts.message import Message
from contracts.problem import Fault, Problem
from contracts.telemetry import Telemetry
from contracts.trace import about
from ingest_api.errors import DatabaseUnavailableError, OverloadedError, RejectedError
from ingest_api.ingest.delivery import Delivery
from ingest_api.ingest.intake import Intake
from ingest_api.ingest.ledger import Recorded
from ingest_api.ingest.store import Result
from ingest_api.life import Life
from ingest_api.request.answer import ProblemError, request_id, retry_later, send_json

Submit = Callable[[Sequence[Delivery]], Awaitable[list[Result]]]

_log = logging.getLogger(__name__)

_STATUSES = {
    problem.UNAUTHORIZED: "auth_error",
    problem.DATABASE_DOWN: "database_error",
    problem.OVERLOADED: "overloaded",
    problem.DRAINING: "draining",
}


class Counted:
    """An ingest endpoint whose refusals are counted by their kind."""

    def __init__(self, serve: ASGIApp, telemetry: Telemetry) -> None:
        self._serve = serve
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; raises what `serve` raises."""
        try:
            await self._serve(scope, receive, send)
        except ProblemError as error:
            status = _STATUSES.get(error.kind, "validation_error")
            self._telemetry.add("api_ingestion_requests_total", status=status)
            if error.kind is problem.INVALID:
                _tell_refused(scope, str(error))
            raise
        except Exception:  # why: counted, and raised on
            self._telemetry.add("api_ingestion_requests_total", status="server_error")
            raise


class Ingest:
    """The two endpoints as ASGI applications; `submit` answers after the commit."""

    def __init__(self, intake: Intake, submit: Submit, life: Life, telemetry: Telemetry) -> None:
        self._intake = intake
        self._submit = submit
        self._life = life
        self._telemetry = telemetry

    async def one(self, scope: Scope, receive: Receive, send: Send) -> None:
        """POST /ingest: 200 once the message is committed, or was before. Raises ProblemError."""
        answer = await self._intake.admit(scope, receive, wire.MAX_MESSAGE_BYTES, self._answer_one)
        await send_json(send, answer)

    async def _answer_one(self, body: bytes) -> bytes:
        try:
            delivery = Delivery.of(wire.decode_message(body))
        except ContractError as error:
            raise _invalid(error) from None
        result = (await self._record([delivery]))[0]
        if isinstance(result, RejectedError):
            raise _invalid(ContractError("$", str(result)))
        return wire.encode(_accepted(delivery, result))

    async def batch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """POST /ingest/batch: 200 with a result for each item. Raises ProblemError."""
        results = await self._intake.admit(
            scope, receive, wire.MAX_BATCH_BYTES, partial(self._batch_results, scope)
        )
        written = str(sum(result.stored for result in results))
        answer = wire.encode(wire.BatchAccepted(received=len(results), results=results))
        await send_json(send, answer, headers={"ingest-written": written})

    async def _batch_results(self, scope: Scope, body: bytes) -> list[wire.ItemResult]:
        try:
            items = wire.decode_batch(body)
        except ContractError as error:
            raise _invalid(error) from None
        deliveries = [Delivery.of(item) for item in items if isinstance(item, Message)]
        recorded = iter(zip(deliveries, await self._record(deliveries), strict=True))
        results = []
        for index, item in enumerate(items):
            if isinstance(item, ContractError):
                self._refuse()
                _tell_refused(scope, str(item))
                results.append(_refused(index, item, scope))
            else:
                delivery, result = next(recorded)
                if isinstance(result, RejectedError):
                    self._count_request("validation_error")
                results.append(_result(index, delivery, result, scope))
        return results

    async def _record(self, deliveries: list[Delivery]) -> list[Result]:
        if not self._life.migrated:
            raise retry_later(problem.DATABASE_DOWN, "the database is not ready yet; send again")
        if not deliveries:
            return []
        try:
            results = await self._submit(deliveries)
        except DatabaseUnavailableError as error:
            raise retry_later(problem.DATABASE_DOWN, str(error)) from error
        except OverloadedError as error:
            raise retry_later(problem.OVERLOADED, str(error)) from error
        self._measure(deliveries, results)
        if _log.isEnabledFor(logging.DEBUG):
            for delivery, result in zip(deliveries, results, strict=True):
                _tell_recorded(delivery, result)
        return results

    def _measure(self, deliveries: list[Delivery], results: list[Result]) -> None:
        parsed = [each.kind for each in deliveries if not each.is_deletion]
        self._tally("api_parse_results_total", "kind", parsed)
        self._tally("api_ingest_messages_total", "outcome", [_outcome(each) for each in results])
        # One that is refused alone is counted as the request that it is, by Counted.
        recorded = [each for each in results if not isinstance(each, RejectedError)]
        self._tally("api_ingestion_requests_total", "status", [_status(each) for each in recorded])
        received = [each.message.received_at for each in deliveries if each.message.received_at]
        if received:
            waited = datetime.now(UTC) - min(received)
            self._telemetry.record("api_pipeline_seconds", waited.total_seconds())

    def _tally(self, name: str, label: str, values: Sequence[str]) -> None:
        if len(values) == 1:
            self._telemetry.add(name, **{label: values[0]})
        else:
            for value, count in Counter(values).items():
                self._telemetry.add(name, count, **{label: value})

    def _refuse(self) -> None:
        self._telemetry.add("api_ingest_messages_total", outcome="rejected")
        self._count_request("validation_error")

    def _count_request(self, status: str) -> None:
        self._telemetry.add("api_ingestion_requests_total", status=status)


def _tell_refused(scope: Scope, why: str) -> None:
    """A message that its gateway will call a dead letter; of what it says nothing is told."""
    extra = {
        "action": "ingest.refused",
        "request_id": request_id(scope),
        "trace_id": scope.get("tpcapital.trace_id"),
    }
    _log.warning("a message is refused: %s", why, extra=extra)


def _tell_recorded(delivery: Delivery, result: Result) -> None:
    message = delivery.message
    extra = about(message.channel_id, message.message_id, message.traceparent)
    extra |= {"action": "ingest.recorded", "seq": message.sequence, "kind": delivery.kind}
    _log.debug("message %d/%d: %s", *delivery.key, _outcome(result), extra=extra)


def _outcome(result: Result) -> str:
    return "rejected" if isinstance(result, RejectedError) else result.outcome


def _status(result: Recorded) -> str:
    return "success" if result.stored or result.outcome == "updated" else "duplicate"


def _invalid(error: ContractError) -> ProblemError:
    return ProblemError(
        problem.INVALID, str(error), faults=[Fault(path=error.path, detail=error.reason)]
    )


def _accepted(delivery: Delivery, result: Recorded) -> wire.Accepted:
    duplicate = result.outcome == "unchanged"
    return wire.Accepted(
        status="ok",
        success=True,
        message_id=delivery.message.message_id,
        stored=result.stored,
        outcome=result.outcome,
        revision=result.revision,
        kind=delivery.kind,
        signal=delivery.found,
        reason="duplicate" if duplicate else None,
        skipped=duplicate,
    )


def _result(index: int, delivery: Delivery, result: Result, scope: Scope) -> wire.ItemResult:
    message = delivery.message
    if isinstance(result, RejectedError):
        refused = _refused(index, ContractError(f"$.messages[{index}]", str(result)), scope)
        return wire.ItemResult(
            index=index,
            outcome="rejected",
            stored=False,
            channel_id=message.channel_id,
            message_id=message.message_id,
            problem=refused.problem,
        )
    return wire.ItemResult(
        index=index,
        outcome=result.outcome,
        stored=result.stored,
        channel_id=message.channel_id,
        message_id=message.message_id,
        revision=result.revision,
        kind=delivery.kind,
        signal=delivery.found,
    )


def _refused(index: int, error: ContractError, scope: Scope) -> wire.ItemResult:
    body: Problem = _invalid(error).problem(scope)
    return wire.ItemResult(index=index, outcome="rejected", stored=False, problem=body)
