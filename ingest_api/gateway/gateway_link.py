"""The API's end of the line to the gateway: its last report, and requests that it takes along.

Kept in the database, so that every replica shows the same and any may pass a request on.
"""

from typing import Any, NamedTuple

import anyio
import msgspec
import orjson
from psycopg.types.json import Jsonb
from starlette.types import Receive, Scope, Send

from contracts import problem
from contracts.errors import UNREADABLE, ContractError, unreadable
from contracts.gateway_report import (
    MAX_REPORT_BYTES,
    SILENT_SECONDS,
    GatewayReply,
    GatewayReport,
    GatewayRequest,
    RequestAnswer,
)
from ingest_api.database.statements import Statements
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.ingest.intake import Intake
from ingest_api.request.answer import invalid_body, retry_later, send_json

_WAIT_SECONDS = 4.0
_LOOK_SECONDS = 0.25
_report = msgspec.json.Decoder(GatewayReport)
_json = msgspec.json.Encoder()


class Heard(NamedTuple):
    """The gateway's last report, and how many seconds ago it came."""

    report: GatewayReport
    age_seconds: float

    @property
    def is_fresh(self) -> bool:
        """Whether it still says something about now."""
        return self.age_seconds <= SILENT_SECONDS


class GatewayLink:
    """Takes reports, as an ASGI application, and passes requests on.

    `lost_messages`: how many that the last report has as delivered are not in the database.
    """

    def __init__(self, statements: Statements, intake: Intake) -> None:
        self._statements = statements
        self._intake = intake
        self.lost_messages = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """POST /gateway/status: 200 with what the gateway is asked for. Raises ProblemError."""
        reply = await self._intake.admit(scope, receive, MAX_REPORT_BYTES, self._take)
        await send_json(send, _json.encode(reply))

    async def _take(self, body: bytes) -> GatewayReply:
        report = _decode(body)
        try:
            rows = await self._statements.fetch(
                "record_gateway_status",
                {
                    "report": _jsonb(_kept(report)),
                    "answers": _jsonb(report.answers),
                },
            )
            self.lost_messages = await self._count_lost(report.outbox.delivered)
        except DatabaseUnavailableError as error:
            raise retry_later(problem.DATABASE_DOWN, str(error)) from error
        return GatewayReply(requests=[GatewayRequest(id=row[0], kind=row[1]) for row in rows])

    async def _count_lost(self, delivered: list[tuple[int, int]]) -> int:
        if not delivered:
            return 0
        channel_ids, message_ids = zip(*delivered, strict=True)
        ids = {"channel_ids": list(channel_ids), "message_ids": list(message_ids)}
        ((count,),) = await self._statements.fetch("count_missing", ids)
        return int(count)

    async def heard(self) -> Heard | None:
        """The last report, or None if there was never one. Raises DatabaseUnavailableError."""
        rows = await self._statements.fetch("select_gateway_status")
        return Heard(msgspec.convert(rows[0][0], GatewayReport), rows[0][1]) if rows else None

    async def ask(self, kind: str) -> RequestAnswer | None:
        """What the gateway answers within a few seconds, or None if it needs longer.

        Raises ProblemError 503 when no gateway is there, DatabaseUnavailableError.
        """
        heard = await self.heard()
        if heard is None or not heard.is_fresh:
            raise retry_later(problem.GATEWAY_AWAY, _silence(heard))
        ((number,),) = await self._statements.fetch("request_of_gateway", {"kind": kind})
        with anyio.move_on_after(_WAIT_SECONDS):
            while True:
                answers = await self._statements.fetch("select_gateway_answer", {"id": number})
                if answers:
                    return msgspec.convert(answers[0][0], RequestAnswer)
                await anyio.sleep(_LOOK_SECONDS)
        return None


def _kept(report: GatewayReport) -> GatewayReport:
    """The report without what is done with it at once."""
    outbox = msgspec.structs.replace(report.outbox, delivered=[])
    return msgspec.structs.replace(report, outbox=outbox, answers=[])


def _silence(heard: Heard | None) -> str:
    if heard is None:
        return "no gateway has reported to this API yet; start it, and see its log"
    return f"the gateway last reported {heard.age_seconds:.0f} s ago; see its log"


def _decode(body: bytes) -> GatewayReport:
    try:
        report = _report.decode(body)
    except UNREADABLE as error:
        raise invalid_body(unreadable(error)) from None
    if b"\\u0000" in body:
        nul = ContractError("$", "holds \\u0000, which no database text may hold; leave it out")
        raise invalid_body(nul)
    return report


def _jsonb(value: Any) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value), dumps=orjson.dumps)
