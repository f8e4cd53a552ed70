"""Who may write, and read where that is closed: the X-API-Key of the old API."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts import problem
from contracts.secret import Secret
from ingest_api.request.answer import ProblemError
from ingest_api.request.gateway_token import Guesses

HEADER = "X-API-Key"
# Behind the words of the old API, which said no more.
_RIGHT = "send this server's TP_CAPITAL_API_KEY as X-API-Key, once"
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The key of writes, and of reads with `reads`; without a key everything is open."""

    key: Secret | None
    reads: bool = False
    guesses: Guesses = field(default_factory=Guesses)

    def writing(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint for those who have the key: 401 without one, 403 with a wrong one."""
        return self._guarded(endpoint, required=True, checked=True)

    def reading(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint for all, or for those who have the key where reads are closed."""
        return self._guarded(endpoint, required=self.reads, checked=self.reads)

    def reading_unless_wrong(self, endpoint: Endpoint) -> Endpoint:
        """As `reading`, but a wrong key is refused also where none is needed."""
        return self._guarded(endpoint, required=self.reads, checked=True)

    def reading_app(self, app: ASGIApp) -> ASGIApp:
        """As `reading`, for an ASGI application."""
        return _GuardedApp(self, app)

    def _guarded(self, endpoint: Endpoint, *, required: bool, checked: bool) -> Endpoint:
        async def guarded(request: Request) -> Response:
            self.check(request, required=required, checked=checked)
            return await endpoint(request)

        return guarded

    def check(self, request: Request, *, required: bool, checked: bool) -> None:
        """Raise ProblemError unless the request may pass."""
        if self.key is None or not (required or checked):
            return
        sent = request.headers.getlist(HEADER)
        if not sent and not required:
            return
        if not sent:
            raise ProblemError(problem.KEY_MISSING, f"{HEADER} header is required; {_RIGHT}")
        if len(sent) > 1 or not _same(sent[0], self.key):
            self.guesses.add(request.client.host if request.client else "unknown")
            raise ProblemError(problem.KEY_WRONG, f"Invalid API key; {_RIGHT}")


class _GuardedApp:
    """An object and no function, which Starlette would take for an endpoint."""

    def __init__(self, key: ApiKey, app: ASGIApp) -> None:
        self._key = key
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._key.check(Request(scope), required=self._key.reads, checked=self._key.reads)
        await self._app(scope, receive, send)


def _same(sent: str, key: Secret) -> bool:
    """Digests, so that neither the length nor the place of a difference shows in the time."""
    return hmac.compare_digest(_digest(sent.encode("latin-1")), _digest(key.reveal().encode()))


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()
