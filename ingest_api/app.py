"""The route table, and the application built from its parts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from contracts import problem, token_use, wire
from contracts.canary import CANARY_PATH
from contracts.telemetry import Telemetry
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.gateway.gateway_link import GatewayLink
from ingest_api.gateway.gateway_views import GatewayViews
from ingest_api.gateway.registered_bot import BotRegister
from ingest_api.gateway.registered_channel import ChannelRegister
from ingest_api.health import Health
from ingest_api.ingest.canary import CanaryDesk
from ingest_api.ingest.ingest import Counted, Ingest
from ingest_api.ingest.token_use import TokenDesk
from ingest_api.log_ring import LogRing
from ingest_api.page_routes import PageRoutes
from ingest_api.request.answer import ProblemError, retry_later
from ingest_api.request.api_key import ApiKey
from ingest_api.request.client_address import ClientAddress
from ingest_api.request.edge import Edge, EdgeSettings
from ingest_api.request.frame import Frame
from ingest_api.signals.forwarded_messages import ForwardedMessages
from ingest_api.signals.images import Images
from ingest_api.signals.rescan import Rescan
from ingest_api.signals.signal_channels import SignalChannels
from ingest_api.signals.signal_stream import SignalStream
from ingest_api.signals.signals import Signals

_OPENAPI = Path(wire.__file__).with_name("openapi.json")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the routes lead to, and who may take them."""

    ingest: Ingest
    canary: CanaryDesk
    tokens: TokenDesk
    link: GatewayLink
    signals: Signals
    stream: SignalStream
    messages: ForwardedMessages
    signal_channels: SignalChannels
    channels: ChannelRegister
    bots: BotRegister
    gateway: GatewayViews
    rescan: Rescan
    logs: LogRing
    images: Images
    health: Health
    telemetry: Telemetry
    key: ApiKey
    page: PageRoutes


def build_app(endpoints: Endpoints, edge: EdgeSettings, proxies: list[str]) -> ASGIApp:
    """The ASGI application; it has no lifespan, its parts live in the service's task group."""
    app = Starlette(
        routes=[
            *_open_routes(endpoints),
            *_old_routes(endpoints),
            *_channel_routes(endpoints),
            *_bot_routes(endpoints),
            *endpoints.page.routes(endpoints.key),
        ],
        middleware=[
            *([Middleware(ClientAddress, proxies=proxies)] if proxies else []),
            Middleware(Frame, telemetry=endpoints.telemetry),
            Middleware(Edge, settings=edge),
        ],
        exception_handlers={
            HTTPException: _http_problem,
            DatabaseUnavailableError: _database_problem,
        },
    )
    app.router.redirect_slashes = False
    return app


def _open_routes(endpoints: Endpoints) -> list[BaseRoute]:
    """The gateway's routes, which have a token of their own, and those that hold no data."""
    ingest, health, telemetry = endpoints.ingest, endpoints.health, endpoints.telemetry
    return [
        Route(wire.INGEST_PATH, Counted(ingest.one, telemetry), methods=["POST"]),
        Route(wire.BATCH_PATH, Counted(ingest.batch, telemetry), methods=["POST"]),
        Route(CANARY_PATH, endpoints.canary, methods=["POST"]),
        Route(wire.STATUS_PATH, endpoints.link, methods=["POST"]),
        Route(token_use.PATH, endpoints.tokens, methods=["GET"]),
        _route("/", get=endpoints.page.root(health.info)),
        _route("/health", get=health.health),
        _route("/healthz", get=health.healthz),
        _route("/ready", get=health.ready),
        _route("/livez", get=health.livez),
        _route("/readyz", get=health.readyz),
        _route("/metrics", get=health.metrics),
        _route("/openapi.json", get=_openapi),
    ]


def _old_routes(endpoints: Endpoints) -> list[BaseRoute]:
    """What the Dashboard reads and does."""
    key, signals, gateway = endpoints.key, endpoints.signals, endpoints.gateway
    stream = Route("/signals/stream", key.reading_app(endpoints.stream), methods=["GET"])
    return [
        _route(
            "/signals",
            get=key.reading_unless_wrong(signals.show),
            delete=key.writing(signals.delete),
        ),
        stream,
        _route("/signals/{id}/restore", post=key.writing(signals.restore)),
        _route("/clean-signals", post=key.writing(signals.clean)),
        _route("/forwarded-messages", get=key.reading(endpoints.messages.show)),
        _route("/channels", get=key.reading(endpoints.signal_channels.show)),
        _route("/bots", get=key.reading(gateway.bots)),
        _route("/config/channels", get=key.reading(gateway.channels)),
        _route("/logs", get=key.reading(endpoints.logs.show)),
        _route("/sync-messages", post=key.writing(gateway.sync)),
        _route("/reload-channels", post=key.writing(gateway.reload)),
        _route("/full-scan", post=key.writing(endpoints.rescan.run)),
        Mount("/telegram-images", key.reading_app(endpoints.images)),
    ]


def _channel_routes(endpoints: Endpoints) -> list[BaseRoute]:
    """The register of channels, in both spellings."""
    key, channels = endpoints.key, endpoints.channels
    return [
        _route(
            "/telegram-channels",
            get=key.reading(channels.show),
            post=key.writing(channels.create),
        ),
        _route(
            "/telegram-channels/{id}",
            put=key.writing(channels.change),
            delete=key.writing(channels.delete),
        ),
        _route(
            "/telegram/channels",
            get=key.reading(channels.show_with_time),
            post=key.writing(channels.create_plainly),
        ),
        _route(
            "/telegram/channels/{id}",
            put=key.writing(channels.change_plainly),
            delete=key.writing(channels.delete_plainly),
        ),
    ]


def _bot_routes(endpoints: Endpoints) -> list[BaseRoute]:
    """The register of bots."""
    key, bots = endpoints.key, endpoints.bots
    return [
        _route("/telegram/bots", get=key.reading(bots.show), post=key.writing(bots.create)),
        _route(
            "/telegram/bots/{id}", put=key.writing(bots.change), delete=key.writing(bots.delete)
        ),
    ]


def _route(path: str, **endpoints: Endpoint) -> Route:
    """One route for all methods of a path, so that a 405 names every method that is allowed."""
    by_method = {method.upper(): endpoint for method, endpoint in endpoints.items()}
    if "GET" in by_method:
        by_method["HEAD"] = by_method["GET"]

    async def serve(request: Request) -> Response:
        return await by_method[request.method](request)

    return Route(path, serve, methods=[*by_method])


async def _openapi(_request: Request) -> Response:
    return Response(_OPENAPI.read_bytes(), media_type="application/json")


async def _database_problem(_request: Request, error: Exception) -> Response:
    raise retry_later(problem.DATABASE_DOWN, str(error)) from error


async def _http_problem(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, in our words."""
    if not isinstance(error, HTTPException):
        raise error
    what = f"{request.method} {request.url.path[:200]}"
    if error.status_code == problem.METHOD_NOT_ALLOWED.status:
        allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
        raise ProblemError(
            problem.METHOD_NOT_ALLOWED,
            f"there is no {what}; allowed is {allowed}",
            headers={"allow": allowed},
        ) from None
    raise ProblemError(problem.NOT_FOUND, f"there is no {what}; see /openapi.json") from None
