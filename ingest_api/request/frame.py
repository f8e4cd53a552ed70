"""The frame around every request: its id, its time, its problems, and the rest of its body.

Pure ASGI and a single layer, because each layer costs every message.
"""

import logging
import os
import re
from time import perf_counter

import anyio
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.problem import INTERNAL, INVALID_BODY
from contracts.telemetry import Telemetry
from contracts.trace import trace_id
from ingest_api.request.answer import ProblemError, send_problem

_log = logging.getLogger(__name__)

_is_sane_id = re.compile(rb"[A-Za-z0-9._:-]{1,64}").fullmatch
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE = 499
# A proxy that believes the other one would take the body's end for the next client's request.
_TWO_LENGTHS = "send Content-Length or Transfer-Encoding, not both"
_DISCARD_BYTES = 2 * 1024 * 1024
_DISCARD_SECONDS = 5.0
# Helmet's set, closed further: nothing here is a page, nor to be framed, nor kept by a cache.
# What a route says of itself stands.
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"origin-agent-cluster", b"?1"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=15552000; includeSubDomains"),
    (b"x-dns-prefetch-control", b"off"),
    (b"x-download-options", b"noopen"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"x-xss-protection", b"0"),
)


class Frame:
    """ASGI middleware; `app` may raise ProblemError, ClientDisconnect, or anything."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; never raises for what the request did."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        exchange = _Exchange(scope, receive, send)
        try:
            exchange.check_length()
            await self._app(scope, exchange.receive, exchange.send)
        except ProblemError as error:
            await send_problem(scope, exchange.send, error)
        except ClientDisconnect:
            exchange.status = _CLIENT_GONE
        except Exception:  # noqa: BLE001  # why: the last stop of a request; the client must get an answer
            _log.exception(
                "unexpected error in %s %s",
                scope["method"],
                scope["path"],
                extra=_failed(scope),
            )
            await exchange.fail()
        finally:
            if not scope.get("tpcapital.is_stream"):  # hours of listening are no latency
                self._record(scope, exchange.status, perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        self._telemetry.record(
            "api_http_request_duration_seconds",
            seconds,
            method=scope["method"] if scope["method"] in _METHODS else "other",
            route=route.path if route else "none",
            status_code=str(status),
        )


def _failed(scope: Scope) -> dict[str, str]:
    """By what the failed request is found in the log."""
    return {
        "action": "request.failed",
        "request_id": scope["tpcapital.request_id"],
        "trace_id": scope["tpcapital.trace_id"],
    }


class _Exchange:
    """One request's two directions, watched."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._unread = False
        self.status = 0
        has_length = is_chunked = False
        sent_id = correlation_id = traceparent = b""
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                sent_id = value
            elif name == b"x-correlation-id":
                correlation_id = value
            elif name == b"traceparent":
                traceparent = value
            elif name == b"transfer-encoding":
                self._unread = is_chunked = True
            elif name == b"content-length":
                has_length = True
                self._unread = self._unread or value != b"0"
        self._is_ambiguous = has_length and is_chunked
        self.request_id = sent_id.decode() if _is_sane_id(sent_id) else os.urandom(8).hex()
        is_sane = _is_sane_id(correlation_id)
        self._correlation_id = correlation_id if is_sane else self.request_id.encode()
        scope["tpcapital.request_id"] = self.request_id
        scope["tpcapital.trace_id"] = trace_id(traceparent.decode("latin-1"))

    def check_length(self) -> None:
        """Raise ProblemError 400 for a body whose end is told in two ways."""
        if self._is_ambiguous:
            raise ProblemError(INVALID_BODY, _TWO_LENGTHS, headers={"connection": "close"})

    async def receive(self) -> Message:
        """The next part of the body."""
        message = await self._receive()
        if not message.get("more_body", False):
            self._unread = False
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on, with our headers, once the client can read it."""
        if message["type"] == "http.response.start":
            if self._unread:
                await self._discard()
            self.status = message["status"]
            said = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(line for line in _HEADERS if line[0] not in said),
                (b"x-request-id", self.request_id.encode()),
                (b"x-correlation-id", self._correlation_id),
            ]
        await self._send(message)

    async def fail(self) -> None:
        """Answer 500, unless an answer has begun."""
        if not self.status:
            detail = "the server met an error of its own; its log has it under this request_id"
            error = ProblemError(INTERNAL, detail)
            await send_problem({"tpcapital.request_id": self.request_id}, self.send, error)

    async def _discard(self) -> None:
        """Read on for a while: a client that still writes would meet a reset, not our answer.

        Hypercorn, too, holds a connection for ever whose body nobody reads.
        """
        size = 0
        with anyio.move_on_after(_DISCARD_SECONDS):
            while self._unread and size < _DISCARD_BYTES:
                size += len((await self.receive()).get("body", b""))
