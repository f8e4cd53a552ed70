"""What stands between browsers and the routes; the gateway's own routes go past it.

From the outside: CORS, the rate limit, gzip, conditional GET, problems as answers, so that a page
can read a refusal too, and what strangers' pages may do. Health and metrics are neither counted nor
kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts import token_use, wire
from contracts.canary import CANARY_PATH
from ingest_api.answer import ProblemError, send_problem
from ingest_api.api_key import HEADER as API_KEY_HEADER
from ingest_api.etag import ETag
from ingest_api.foreign_page import ForeignPage
from ingest_api.rate_limit import RateLimit

_GATEWAY_PATHS = frozenset(
    {wire.INGEST_PATH, wire.BATCH_PATH, wire.STATUS_PATH, CANARY_PATH, token_use.PATH}
)
_PROBES = frozenset({"/health", "/healthz", "/livez", "/ready", "/readyz", "/metrics"})
_METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
_EXPOSED = (
    *("ETag", "Retry-After", "X-Request-Id", "X-Correlation-Id"),
    *("RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
)
_MINIMUM_GZIP_BYTES = 1024
_GZIP_LEVEL = 1  # a third of level 6's time, a quarter more bytes; everyone waits for that time


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Allowed origins and hosts; requests in seconds for each client, 0 for no limit."""

    origins: Sequence[str] = ()
    hosts: Sequence[str] = ()
    most: int = 0
    seconds: float = 60.0


class Edge:
    """ASGI middleware; `app` may raise ProblemError."""

    def __init__(self, app: ASGIApp, settings: EdgeSettings) -> None:
        self._app = app
        guarded = ForeignPage(app, settings.origins, settings.hosts)
        public: ASGIApp = Compressed(ETag(Problems(guarded)))
        if settings.most:
            public = Problems(RateLimit(public, most=settings.most, seconds=settings.seconds))
        self._public = _cors(public, settings)
        self._probes = _cors(Compressed(Problems(app)), settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in _GATEWAY_PATHS:
            await self._app(scope, receive, send)
        elif scope["path"] in _PROBES:
            await self._probes(scope, receive, send)
        else:
            await self._public(scope, receive, send)


def _cors(app: ASGIApp, settings: EdgeSettings) -> "Cors":
    return Cors(
        app,
        allow_origins=settings.origins,
        allow_methods=_METHODS,
        allow_headers=("Content-Type", API_KEY_HEADER, "X-Request-Id", "X-Correlation-Id"),
        allow_credentials=True,
        expose_headers=_EXPOSED,
    )


class Cors(CORSMiddleware):
    """Starlette's, with the answers of the old API: 204, and nothing said to foreign origins."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """204; the browser enforces what it allows."""
        if not self.is_allowed_origin(request_headers["origin"]):
            return Response(status_code=204, headers={"Vary": "Origin"})
        headers = dict(super().preflight_response(request_headers).headers)
        for name in ("content-length", "content-type"):
            headers.pop(name, None)
        return Response(status_code=204, headers=headers)

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """The answer; with allow headers where the origin may read it."""
        origin = request_headers.get("origin")
        if message["type"] == "http.response.start" and not (
            origin and self.is_allowed_origin(origin)
        ):
            message["headers"] = [*message.get("headers", ()), (b"vary", b"Origin")]
            await send(message)
            return
        await super().send(message, send, request_headers)


class Compressed:
    """Starlette's gzip, unless the client says X-No-Compression."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._gzip = GZipMiddleware(
            app, minimum_size=_MINIMUM_GZIP_BYTES, compresslevel=_GZIP_LEVEL
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        plain = any(name == b"x-no-compression" for name, _ in scope["headers"])
        await (self._plain if plain else self._gzip)(scope, receive, send)


class Problems:
    """ASGI middleware: a ProblemError from below is its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
        except ProblemError as error:
            await send_problem(scope, send, error)
