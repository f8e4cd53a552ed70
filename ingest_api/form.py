"""The body of a write: JSON or a form, empty or not, as the old API took it."""

from typing import Any, TypeVar
from urllib.parse import parse_qsl

import anyio
import msgspec
from starlette.requests import Request

from contracts import problem
from contracts.problem import Fault
from ingest_api.answer import ProblemError

MAX_BYTES = 64 * 1024
MAX_FIELDS = 100
MAX_SECONDS = 9.0
_FORM = "application/x-www-form-urlencoded"
T = TypeVar("T")


async def fields(request: Request) -> dict[str, Any]:
    """The body's fields; none for an empty body. Raises ProblemError 400, 408 or 413."""
    body = None
    with anyio.move_on_after(MAX_SECONDS):
        body = await _read(request)
    if body is None:
        detail = f"the body did not arrive within {MAX_SECONDS:.0f} s"
        raise ProblemError(problem.SLOW_BODY, detail, headers={"connection": "close"})
    if not body.strip():
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        return _form(body)
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("$", f"is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise invalid("$", "must be an object")
    return found


def convert(found: dict[str, Any], kind: type[T]) -> T:
    """The fields as a struct. Raises ProblemError 400 with the first wrong field."""
    try:
        value = msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        raise invalid(path.rstrip("`") or "$", reason) from None
    if _holds_nul(found):
        raise invalid("$", "holds U+0000, which no database text may hold")
    return value


def invalid(path: str, reason: str) -> ProblemError:
    """The problem of one wrong field."""
    fault = Fault(path=path, detail=reason)
    return ProblemError(problem.INVALID_BODY, f"{path}: {reason}", faults=[fault])


async def _read(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise ProblemError(problem.TOO_LARGE, f"the limit of a body is {MAX_BYTES} bytes")
    return body


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise invalid("$", f"is no form: {error}") from None
    return dict(pairs)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_nul, value.values()))
    return isinstance(value, str) and "\x00" in value
