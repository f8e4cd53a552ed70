"""The body of a write: JSON or a form, empty or not, as the old API took it."""

from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import anyio
import msgspec
from starlette.requests import Request

from contracts import problem
from contracts.errors import UNREADABLE, unreadable
from contracts.problem import Fault
from ingest_api.request.answer import ProblemError

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
        detail = f"the body did not arrive within {MAX_SECONDS:.0f} s; send it again"
        raise ProblemError(problem.SLOW_BODY, detail, headers={"connection": "close"})
    if not body.strip():
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        return _form(body)
    try:
        found = msgspec.json.decode(body)
    except UNREADABLE as error:
        raise invalid("$", unreadable(error).reason) from None
    if not isinstance(found, dict):
        raise invalid("$", "must be a JSON object")
    return found


def convert(found: dict[str, Any], kind: type[T]) -> T:
    """The fields as a struct. Raises ProblemError 400 with the first wrong field."""
    try:
        value = msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        fault = unreadable(error)
        path = fault.path.removeprefix("$.")
        words = _words(kind, path)
        reason = f"must be one of {', '.join(words)}" if words else fault.reason
        raise invalid(path, reason) from None
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
            detail = f"the body has more than {MAX_BYTES} bytes, the limit; send less"
            raise ProblemError(problem.TOO_LARGE, detail)
    return body


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except UnicodeDecodeError as error:
        raise invalid("$", unreadable(error).reason) from None
    except ValueError:
        raise invalid("$", f"has more than {MAX_FIELDS} fields") from None
    return dict(pairs)


def _words(kind: type[Any], path: str) -> list[str]:
    """The words that a field may be, where these are all that it may be."""
    hint = get_type_hints(kind).get(path)
    choices = [each for each in (hint, *get_args(hint)) if get_origin(each) is Literal]
    return [str(word) for choice in choices for word in get_args(choice)]


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_nul, value.values()))
    return isinstance(value, str) and "\x00" in value
