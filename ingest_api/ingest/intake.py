"""The way in for messages: every check that comes before a body is understood, in its order."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from contracts import problem
from contracts.telemetry import Telemetry
from contracts.wire import TOKEN_HEADER
from ingest_api.life import Life
from ingest_api.request.answer import ProblemError, retry_later
from ingest_api.request.gateway_token import GatewayTokens, Guesses

_SLOT_WAIT_SECONDS = 0.25
_REQUEST_SECONDS = 9.0  # more than the store's own bound, less than the gateway's patience

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Intake:
    """What both ingest endpoints ask before they read a body; `slots` bounds those at work."""

    life: Life
    tokens: GatewayTokens
    telemetry: Telemetry
    slots: anyio.Semaphore
    guesses: Guesses = field(default_factory=Guesses)

    async def admit(
        self, scope: Scope, receive: Receive, limit: int, serve: Callable[[bytes], Awaitable[T]]
    ) -> T:
        """What `serve` makes of a body of at most `limit` bytes, in one of the slots.

        Raises ProblemError, also when the body or `serve` takes too long.
        """
        if self.life.draining:
            detail = "this server is stopping and takes no more messages; send again"
            raise retry_later(problem.DRAINING, detail, close=True)
        self._authenticate(scope)
        _check_content_type(scope)
        _check_content_length(scope, limit)
        await self._take_slot()
        body = None
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + _REQUEST_SECONDS):
                body = await _read(receive, limit)
                return await serve(body)
        finally:
            self.slots.release()
        raise _slow_body() if body is None else _slow_database()

    def recognise(self, scope: Scope) -> str:
        """The role of the token that the request carries. Raises ProblemError without one."""
        role = self.tokens.role(scope["headers"])
        if role is None:
            client = scope.get("client")
            self.guesses.add(client[0] if client else "unknown")
            detail = (
                "the shared token is missing, wrong, or there twice; send this API's"
                f" GATEWAY_SECRET_TOKEN once, in the header {TOKEN_HEADER}"
            )
            raise ProblemError(problem.UNAUTHORIZED, detail)
        return role

    def _authenticate(self, scope: Scope) -> None:
        role = self.recognise(scope)
        self.tokens.note_use(role)
        self.telemetry.add("api_gateway_auth_total", token=role)

    async def _take_slot(self) -> None:
        try:
            self.slots.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(_SLOT_WAIT_SECONDS) as wait:
                await self.slots.acquire()
            if wait.cancelled_caught:
                detail = "as many requests as may are being worked on; send again"
                raise retry_later(problem.OVERLOADED, detail) from None


def _check_content_type(scope: Scope) -> None:
    sent = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    if sent.partition(b";")[0].strip().lower() != b"application/json":
        told = sent.decode("latin-1")[:100] or "none"
        detail = f"send Content-Type: application/json; this came with {told}"
        raise ProblemError(problem.UNSUPPORTED_MEDIA_TYPE, detail)


def _check_content_length(scope: Scope, limit: int) -> None:
    sent = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if int(sent) > limit:
        raise _too_large(int(sent), limit)


async def _read(receive: Receive, limit: int) -> bytes:
    """The body. Raises ProblemError beyond the limit, ClientDisconnect when the client goes."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if part := message.get("body", b""):
            parts.append(part)
            size += len(part)
        if size > limit:
            raise _too_large(size, limit)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(size: int, limit: int) -> ProblemError:
    detail = f"the body has {size} bytes or more, and the limit is {limit}; send less at a time"
    return ProblemError(problem.TOO_LARGE, detail)


def _slow_body() -> ProblemError:
    detail = f"the body did not arrive within {_REQUEST_SECONDS:.0f} s; send it again"
    return retry_later(problem.OVERLOADED, detail, close=True)


def _slow_database() -> ProblemError:
    detail = f"no answer from the database within {_REQUEST_SECONDS:.0f} s; send again later"
    return retry_later(problem.DATABASE_DOWN, detail)
