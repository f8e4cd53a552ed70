"""The frame around every request to the gateway's own HTTP, which any local browser can reach.

A page of a stranger may send requests to 127.0.0.1. It learns nothing: a name that it turned to
this address is refused, and what it asks without one it may not read. It changes nothing: the
token's header is none that a page may send elsewhere without leave, and nobody gives leave.
"""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import http_exceptions, web

from contracts.own_host import is_own_host
from contracts.problem import FOREIGN_HOST
from gateway_outbox.guard import refuse

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

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
    if not is_own_host(request.headers.get("Host", "")):
        return refuse(FOREIGN_HOST, "name this host by its address or as localhost")
    return await handler(request)


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
