"""Health, liveness, readiness and metrics, with the database there and away."""

from pathlib import Path

import aiohttp
import anyio

from contracts.metrics import API
from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.ingest_api.messages import body
from tests.ingest_api.test_ingest import HEADERS
from tests.waiting import eventually

_READS = (
    *("/signals", "/forwarded-messages", "/channels", "/bots"),
    *("/config/channels", "/telegram-channels", "/telegram/channels", "/telegram/bots"),
)
_WRITES = (
    *("/clean-signals", "/signals/1/restore", "/full-scan", "/sync-messages", "/reload-channels"),
    *("/telegram-channels", "/telegram/channels", "/telegram/bots"),
)
_CHANNEL = {"label": "x", "channel_id": "-1001"}
_BODIES = {
    "/telegram-channels": _CHANNEL,
    "/telegram/channels": _CHANNEL,
    "/telegram/bots": {"username": "some_bot", "token": f"1:{'x' * 40}"},
}


async def test_a_healthy_service_says_so(client: aiohttp.ClientSession) -> None:
    """200 with the fields that operators know."""
    async with client.get("/health") as answer:
        assert answer.status == 200
        health = await answer.json()
    assert (health["status"], health["timescale"]) == ("degraded", True)
    assert health["error"] == "gatewayApi: no gateway has reported yet"
    assert (health["service"], health["checks"]["timescaledb"]["message"]) == (
        "tp-capital",
        "ready",
    )
    assert health["uptime_seconds"] == health["uptime"] > 0
    for path in ("/livez", "/readyz"):
        async with client.get(path) as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_the_old_probes_answer_as_before(client: aiohttp.ClientSession) -> None:
    """/, /healthz and /ready in the old shapes."""
    async with client.get("/") as answer:
        assert await answer.json() == {
            "status": "ok",
            "endpoints": ["/health", "/signals", "/logs", "/metrics"],
            "message": "TP Capital ingestion API",
        }
    async with client.get("/healthz") as answer:
        alive = await answer.json()
    assert (list(alive), alive["status"]) == (["status", "service", "uptime"], "healthy")
    async with client.get("/ready") as answer:
        ready = await answer.json()
    assert list(ready)[:7] == [
        *("status", "service", "version", "timestamp", "uptime", "checks", "responseTime")
    ]
    assert (ready["status"], list(ready["checks"])) == ("healthy", ["timescaledb"])
    assert ready["timestamp"].endswith("Z")


async def test_every_metric_of_the_table_is_fed(client: aiohttp.ClientSession) -> None:
    """Nothing in contracts.metrics.API is missing after one message."""
    message = body(1, receivedAt="2025-10-25T13:00:01Z")
    async with client.post("/ingest", json=message, headers=HEADERS) as answer:
        assert answer.status == 200
    async with client.get("/metrics") as answer:
        text = await answer.text()
    assert [metric.name for metric in API if f"# TYPE {metric.name} " not in text] == []


async def test_an_outage_is_seen_and_survived(postgres_folder: Path, tmp_path: Path) -> None:
    """Away: health and readiness 503, ingest and signals 503, alive; back: all 200 by itself."""
    with (
        EmbeddedPostgres(postgres_folder) as server,
        ApiProcess(server.dsn, tmp_path / "log") as api,
    ):
        api.wait_until_ready()
        async with aiohttp.ClientSession(api.url) as session:
            assert await _all_are(session, 200)
            server.kill()
            # A backend outlives its killed postmaster for a moment, and answers.
            await eventually(lambda: _all_are(session, 503))
            await _nothing_is_invented(session)
            async with session.get("/health") as answer:
                health = await answer.json()
            assert (health["status"], health["timescale"]) == ("unhealthy", False)
            assert "database" in health["error"]
            async with session.get("/livez") as answer:
                assert answer.status == 200
            server.start()
            await eventually(lambda: _all_are(session, 200))


async def _nothing_is_invented(session: aiohttp.ClientSession) -> None:
    """Every endpoint that needs the database says that it is away, and when to come again."""
    async with anyio.create_task_group() as requests:
        for path in _READS:
            requests.start_soon(_is_away, session, "GET", path)
        for path in _WRITES:
            requests.start_soon(_is_away, session, "POST", path)


async def _is_away(session: aiohttp.ClientSession, method: str, path: str) -> None:
    async with session.request(method, path, json=_BODIES.get(path)) as answer:
        problem = await answer.json(content_type=None)
    assert (answer.status, problem["error"]) == (503, "Database connection failed"), path
    assert "Retry-After" in answer.headers


async def _all_are(session: aiohttp.ClientSession, status: int) -> bool:
    found = []
    for path in ("/health", "/ready", "/readyz", "/signals"):
        async with session.get(path) as answer:
            found.append(answer.status)
    async with session.post("/ingest", json=body(1), headers=HEADERS) as answer:
        found.append(answer.status)
        assert ("Retry-After" in answer.headers) == (answer.status == 503)
    return set(found) == {status}


async def test_a_service_without_its_database_waits_for_it(
    postgres_folder: Path, tmp_path: Path
) -> None:
    """Started first, the API is alive, not ready, says what it waits for, and then serves."""
    with EmbeddedPostgres(postgres_folder) as server:
        server.kill()
        with ApiProcess(server.dsn, tmp_path / "log") as api:
            async with aiohttp.ClientSession(api.url) as session:
                assert await _all_are(session, 503)
                await eventually(lambda: _has_logged(api, "database.waiting"))
                server.start()
                await eventually(lambda: _all_are(session, 200))


async def _has_logged(api: ApiProcess, action: str) -> bool:
    return api.logged(action)
