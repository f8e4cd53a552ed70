"""The frame around every request to the gateway's own HTTP, which any local browser can reach.

A page of a stranger may send requests to 127.0.0.1. It learns nothing: a name that it turned to
this address is refused, and what it asks without one it may not read. It changes nothing: the
token's header is none that a page may send elsewhere without leave, and nobody gives leave.
"""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import http_exceptions, web

from contracts.own_host import host_name, is_own_host
from contracts.problem import FOREIGN_HOST, INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND, TOO_LARGE
from gateway_outbox.control.control import MAX_BODY_BYTES
from gateway_outbox.control.guard import refuse

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SHOWN_CHARACTERS = 100  # of what a stranger wrote
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


@web.middleware
async def own_host_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """421 for a request that names a host which is none of ours."""
    host = request.headers.get("Host", "")
    if not is_own_host(host):
        said = host_name(host)[:_SHOWN_CHARACTERS].encode(errors="replace").decode()
        detail = f"{said or 'no name'} is not this gateway; ask 127.0.0.1 or localhost"
        return refuse(FOREIGN_HOST, detail)
    return await handler(request)


@web.middleware
async def in_our_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the library refuses, and an error of our own, as problems like all others."""
    what = f"{request.method} {request.path[:_SHOWN_CHARACTERS]}"
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return refuse(NOT_FOUND, f"there is no {what}; docs/reference/http.md has what there is")
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        answer = refuse(METHOD_NOT_ALLOWED, f"there is no {what}; allowed is {allowed}")
        answer.headers["Allow"] = allowed
        return answer
    except web.HTTPRequestEntityTooLarge:
        detail = f"the body has more than {MAX_BODY_BYTES} bytes, the limit; send less at a time"
        return refuse(TOO_LARGE, detail)
    except (web.HTTPException, web.RequestPayloadError, ConnectionError):
        raise
    except Exception:  # noqa: BLE001  # why: the last stop of a request, which must be answered
        _log.exception("unexpected error in %s", what, extra={"action": "request.failed"})
        return refuse(INTERNAL, f"the gateway met an error of its own in {what}; its log has it")


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """On each answer: nothing here is a page, nor to be framed, nor kept; no versions are told."""
    response.headers.update(_HEADERS)
    response.headers.pop("Server", None)


def is_ours(record: logging.LogRecord) -> bool:
    """A filter of the log: a client that writes no HTTP, or goes, is nobody's error.

    The library would tell it with the bytes that it sent, a token perhaps among them.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, http_exceptions.HttpProcessingError | ConnectionError)
