"""GET /, /health, /healthz, /ready, /livez, /readyz and /metrics."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter

import anyio
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from contracts.telemetry import CONTENT_TYPE, Telemetry
from contracts.version import current
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.gateway.gateway_link import GatewayLink, Heard
from ingest_api.life import Life
from ingest_api.request.answer import json_response
from ingest_api.request.clock import iso
from ingest_api.signals.catalog import Catalog

_SCRAPE_PING_SECONDS = 0.5
_SERVICE = "tp-capital"
_GOOD_CONDITIONS = {"connected", "finished"}


class Check(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that was looked at: `status` healthy, degraded or unhealthy; `responseTime` ms."""

    status: str
    message: str
    response_time: int = 0


class HealthAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /health and /ready: 200, or 503 with `status` unhealthy and what is wrong.

    `timescale`, `uptime_seconds` and `error` repeat the rest in the proposal's words.
    """

    status: str
    service: str
    version: str
    timestamp: str
    uptime: float
    checks: dict[str, Check]
    responseTime: int  # noqa: N815  # the wire's name, among others with underscores
    timescale: bool
    uptime_seconds: float
    error: str | None


class ReadyAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """GET /livez and /readyz: `status` ok, or what stands in the way."""

    status: str
    error: str | None = None


class AliveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """200 of GET /healthz."""

    status: str
    service: str
    uptime: float


class ServiceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """200 of GET /."""

    status: str
    endpoints: list[str]
    message: str


class Health:
    """What operators, load balancers and Prometheus ask."""

    def __init__(
        self, catalog: Catalog, link: GatewayLink, life: Life, telemetry: Telemetry
    ) -> None:
        self._catalog = catalog
        self._link = link
        self._life = life
        self._telemetry = telemetry
        self._database_answered = False
        telemetry.gauge("api_database_up", lambda: self._database_answered)

    async def info(self, _request: Request) -> Response:
        """GET /: what this is."""
        info = ServiceInfo(
            status="ok",
            endpoints=["/health", "/signals", "/logs", "/metrics"],
            message="TP Capital ingestion API",
        )
        return json_response(info)

    async def health(self, _request: Request) -> Response:
        """GET /health: 503 when no message could be stored; what the gateway says is no reason."""
        started = perf_counter()
        database = await _timed(self._database)
        checks = {
            "timescaledb": database,
            "schema": _check(self._life.migrated, "migrated", "not migrated yet"),
            "accepting": _check(not self._life.draining, "yes", "the server is stopping"),
            **(await self._gateway() if database.status != "unhealthy" else {}),
        }
        return self._answer(checks, started, needed=("timescaledb", "schema"))

    async def ready(self, _request: Request) -> Response:
        """GET /ready: whether the database answers; one that is read-only can be read from."""
        started = perf_counter()
        database = await _timed(self._database)
        needed = ("timescaledb",) if database.status == "unhealthy" else ()
        return self._answer({"timescaledb": database}, started, needed=needed)

    async def healthz(self, _request: Request) -> Response:
        """GET /healthz: 200 as long as the process answers at all."""
        uptime = round(self._life.uptime_seconds, 3)
        return json_response(AliveAnswer(status="healthy", service=_SERVICE, uptime=uptime))

    async def livez(self, _request: Request) -> Response:
        """200 as long as the process answers at all."""
        return json_response(ReadyAnswer(status="ok"))

    async def readyz(self, _request: Request) -> Response:
        """200 when a message sent now would be stored, else 503 and why not."""
        error = None
        if self._life.draining:
            error = "the server is stopping"
        elif not self._life.migrated:
            error = "the database is not migrated yet"
        elif (database := await self._database()).status != "healthy":
            error = database.message
        answer = ReadyAnswer(status="error" if error else "ok", error=error)
        return json_response(answer, 503 if error else 200)

    async def metrics(self, _request: Request) -> Response:
        """Everything measured, as Prometheus text; the database has half a second to answer."""
        self._database_answered = False
        with anyio.move_on_after(_SCRAPE_PING_SECONDS):  # a scrape that waits is a failed scrape
            self._database_answered = (await self._database()).status == "healthy"
        return Response(self._telemetry.exposition(), headers={"content-type": CONTENT_TYPE})

    async def _database(self) -> Check:
        try:
            is_writable = await self._catalog.ping()
        except DatabaseUnavailableError as error:
            return Check(status="unhealthy", message=str(error))
        if not is_writable:
            return Check(status="degraded", message="read-only: no message can be stored")
        return Check(status="healthy", message="ready")

    async def _gateway(self) -> dict[str, Check]:
        """What the gateway reported; the old name of its second check is kept."""
        if not self._life.migrated:
            return {}
        started = perf_counter()
        try:
            heard = await self._link.heard()
        except DatabaseUnavailableError as error:
            return {"gatewayApi": Check(status="degraded", message=str(error))}
        elapsed = _milliseconds(started)
        return {
            name: msgspec.structs.replace(check, response_time=elapsed)
            for name, check in gateway_checks(heard).items()
        }

    def _answer(
        self, checks: dict[str, Check], started: float, *, needed: tuple[str, ...]
    ) -> Response:
        healthy = all(checks[name].status == "healthy" for name in needed)
        wrong = [
            f"{n}: {check.message}" for n, check in checks.items() if check.status != "healthy"
        ]
        uptime = round(self._life.uptime_seconds, 3)
        answer = HealthAnswer(
            status="unhealthy" if not healthy else "degraded" if wrong else "healthy",
            service=_SERVICE,
            version=current(),
            timestamp=iso(datetime.now(UTC)),
            uptime=uptime,
            checks=checks,
            responseTime=_milliseconds(started),
            timescale=checks["timescaledb"].status != "unhealthy",
            uptime_seconds=uptime,
            error="; ".join(wrong) or None,
        )
        return json_response(answer, 200 if healthy else 503)


def gateway_checks(heard: Heard | None) -> dict[str, Check]:
    """The two checks that the last report allows."""
    if heard is None:
        return {"gatewayApi": Check(status="degraded", message="no gateway has reported yet")}
    if not heard.is_fresh:
        silent = f"silent for {heard.age_seconds:.0f} s"
        return {"gatewayApi": Check(status="degraded", message=silent)}
    troubles = [
        " ".join(filter(None, (f"{source.source} is {source.condition}.", source.reason)))
        for source in heard.report.sources
        if source.condition not in _GOOD_CONDITIONS
    ]
    connected = Check(status="healthy", message="connected")
    if troubles:
        connected = Check(status="degraded", message="; ".join(troubles))
    outbox = heard.report.outbox
    waiting = f"{outbox.pending} messages waiting, {outbox.dead_letters} dead letters"
    dead = Check(status="degraded" if outbox.dead_letters else "healthy", message=waiting)
    return {"gatewayApi": connected, "pollingWorker": dead}


def _check(passed: bool, good: str, bad: str) -> Check:
    return Check(status="healthy" if passed else "unhealthy", message=good if passed else bad)


async def _timed(look: Callable[[], Awaitable[Check]]) -> Check:
    started = perf_counter()
    return msgspec.structs.replace(await look(), response_time=_milliseconds(started))


def _milliseconds(started: float) -> int:
    return round((perf_counter() - started) * 1000)
