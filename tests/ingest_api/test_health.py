"""Health, liveness, readiness and metrics, with the database there and away."""

from pathlib import Path

import aiohttp

from contracts.metrics import API
from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.ingest_api.messages import body
from tests.ingest_api.test_ingest import HEADERS
from tests.waiting import eventually


async def test_a_healthy_service_says_so(client: aiohttp.ClientSession) -> None:
    """200 with the fields that operators know."""
    async with client.get("/health") as answer:
        assert answer.status == 200
        health = await answer.json()
    assert (health["status"], health["timescale"]) == ("ok", True)
    assert health["uptime_seconds"] > 0
    assert {check["status"] for check in health["checks"].values()} == {"pass"}
    for path in ("/livez", "/readyz"):
        async with client.get(path) as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})


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
            assert await _all_are(session, 503)
            async with session.get("/health") as answer:
                health = await answer.json()
            assert (health["status"], health["timescale"]) == ("error", False)
            assert "database" in health["error"]
            async with session.get("/livez") as answer:
                assert answer.status == 200
            server.start()
            await eventually(lambda: _all_are(session, 200))


async def _all_are(session: aiohttp.ClientSession, status: int) -> bool:
    found = []
    for path in ("/health", "/readyz", "/signals"):
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
