"""Answers: JSON bodies, and problems raised from anywhere below the frame."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response
from starlette.types import Scope, Send

from contracts.errors import ContractError
from contracts.problem import CONTENT_TYPE, INVALID_BODY, Fault, Problem, ProblemType

RETRY_AFTER_SECONDS = 2
_problem = msgspec.json.Encoder()
_answer = msgspec.json.Encoder()


class ProblemError(Exception):
    """Ends the request with this problem; `headers` are added to the answer."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        *,
        faults: list[Fault] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.faults = faults
        self.headers = headers or {}

    def problem(self, scope: Scope) -> Problem:
        """The body, with the id of the request that met it."""
        return self.kind.problem(str(self), faults=self.faults, request_id=request_id(scope))


def invalid_body(error: ContractError) -> ProblemError:
    """The problem of a body with this fault."""
    faults = [Fault(path=error.path, detail=error.reason)]
    return ProblemError(INVALID_BODY, str(error), faults=faults)


def retry_later(kind: ProblemType, detail: str, *, close: bool = False) -> ProblemError:
    """A problem that passes by itself; with `close` the client shall look for another server."""
    headers = {"retry-after": str(RETRY_AFTER_SECONDS)}
    return ProblemError(kind, detail, headers=headers | ({"connection": "close"} if close else {}))


def request_id(scope: Scope) -> str:
    """The id that the frame gave this request."""
    found: str = scope.get("tpcapital.request_id", "")
    return found


def json_response(answer: msgspec.Struct, status: int = 200) -> Response:
    """The answer of an endpoint."""
    return Response(_answer.encode(answer), status, media_type="application/json")


async def send_json(
    send: Send,
    body: bytes,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:
    """The whole answer in two ASGI messages."""
    lines = [
        (b"content-type", content_type.encode()),
        (b"content-length", b"%d" % len(body)),
    ]
    if headers:
        lines += [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def send_problem(scope: Scope, send: Send, error: ProblemError) -> None:
    """The problem as the answer."""
    await send_json(
        send,
        _problem.encode(error.problem(scope)),
        status=error.kind.status,
        content_type=CONTENT_TYPE,
        headers=error.headers,
    )
