"""GET /health, /livez, /readyz and /metrics."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from contracts.telemetry import CONTENT_TYPE, Telemetry
from ingest_api.catalog import Catalog
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.life import Life


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: `status` pass or fail."""

    status: str
    detail: str


class HealthAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """GET /health: 200 with `status` ok, or 503 with `status` error and what is wrong."""

    status: str
    timescale: bool
    uptime_seconds: float
    checks: dict[str, Check]
    error: str | None = None


class ReadyAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """GET /livez and /readyz: `status` ok, or what stands in the way."""

    status: str
    error: str | None = None


class Health:
    """What operators, load balancers and Prometheus ask."""

    def __init__(self, catalog: Catalog, life: Life, telemetry: Telemetry) -> None:
        self._catalog = catalog
        self._life = life
        self._telemetry = telemetry

    async def health(self, _request: Request) -> Response:
        """The whole picture; 503 when the database is away or has not our schema."""
        checks = {
            "database": await self._database(),
            "schema": _check(self._life.migrated, "migrated", "not migrated yet"),
            "accepting": _check(not self._life.draining, "yes", "the server is stopping"),
        }
        wrong = [f"{name}: {check.detail}" for name, check in checks.items() if _failed(check)]
        healthy = not (_failed(checks["database"]) or _failed(checks["schema"]))
        answer = HealthAnswer(
            status="ok" if healthy else "error",
            timescale=not _failed(checks["database"]),
            uptime_seconds=round(self._life.uptime_seconds, 3),
            checks=checks,
            error="; ".join(wrong) or None,
        )
        return _json(answer, 200 if healthy else 503)

    async def livez(self, _request: Request) -> Response:
        """200 as long as the process answers at all."""
        return _json(ReadyAnswer(status="ok"), 200)

    async def readyz(self, _request: Request) -> Response:
        """200 when a message sent now would be stored, else 503 and why not."""
        error = None
        if self._life.draining:
            error = "the server is stopping"
        elif not self._life.migrated:
            error = "the database is not migrated yet"
        elif _failed(database := await self._database()):
            error = database.detail
        return _json(
            ReadyAnswer(status="error" if error else "ok", error=error), 503 if error else 200
        )

    async def metrics(self, _request: Request) -> Response:
        """Everything measured, as Prometheus text."""
        return Response(self._telemetry.exposition(), headers={"content-type": CONTENT_TYPE})

    async def _database(self) -> Check:
        try:
            await self._catalog.ping()
        except DatabaseUnavailableError as error:
            return Check(status="fail", detail=str(error))
        return Check(status="pass", detail="answers")


def _check(passed: bool, good: str, bad: str) -> Check:
    return Check(status="pass", detail=good) if passed else Check(status="fail", detail=bad)


def _failed(check: Check) -> bool:
    return check.status == "fail"


def _json(answer: msgspec.Struct, status: int) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")
