"""The route table, and the application built from its parts."""

from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from contracts import problem, wire
from contracts.telemetry import Telemetry
from ingest_api.answer import ProblemError
from ingest_api.frame import Frame
from ingest_api.health import Health
from ingest_api.ingest import Counted, Ingest
from ingest_api.rest import Rest

_OPENAPI = Path(wire.__file__).with_name("openapi.json")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the routes lead to."""

    ingest: Ingest
    rest: Rest
    health: Health
    telemetry: Telemetry


def build_app(endpoints: Endpoints) -> ASGIApp:
    """The ASGI application; it has no lifespan, its parts live in the service's task group."""
    ingest, telemetry = endpoints.ingest, endpoints.telemetry
    routes = [
        Route(wire.INGEST_PATH, Counted(ingest.one, telemetry), methods=["POST"]),
        Route(wire.BATCH_PATH, Counted(ingest.batch, telemetry), methods=["POST"]),
        Route("/signals", endpoints.rest.signals, methods=["GET"]),
        Route("/health", endpoints.health.health, methods=["GET"]),
        Route("/livez", endpoints.health.livez, methods=["GET"]),
        Route("/readyz", endpoints.health.readyz, methods=["GET"]),
        Route("/metrics", endpoints.health.metrics, methods=["GET"]),
        Route("/openapi.json", _openapi, methods=["GET"]),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Frame, telemetry=telemetry)],
        exception_handlers={HTTPException: _http_problem},
    )
    app.router.redirect_slashes = False
    return app


async def _openapi(_request: Request) -> Response:
    return Response(_OPENAPI.read_bytes(), media_type="application/json")


async def _http_problem(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, in our words."""
    if not isinstance(error, HTTPException):
        raise error
    what = f"{request.method} {request.url.path}"
    if error.status_code == problem.METHOD_NOT_ALLOWED.status:
        allowed = (error.headers or {}).get("Allow", "")
        raise ProblemError(
            problem.METHOD_NOT_ALLOWED,
            f"no {what}; allowed is {allowed}",
            headers={"allow": allowed},
        ) from None
    raise ProblemError(problem.NOT_FOUND, f"there is no {what}; see /openapi.json") from None
