"""The gateway's reports, and what it is asked for in return."""

from typing import Any

import aiohttp
import anyio
import psycopg
import pytest

from tests.api_process import ApiProcess
from tests.ingest_api.messages import body
from tests.ingest_api.test_ingest import HEADERS
from tests.waiting import eventually

REPORT = {
    "version": "0.1.0",
    "sources": [
        {"source": "bot", "condition": "connected"},
        {"source": "user", "condition": "connected"},
    ],
    "outbox": {"pending": 2, "deadLetters": 0, "oldestPendingAt": "2025-10-25T13:00:00Z"},
    "channels": [
        {"channelId": -1001, "title": "TP", "lastMessageAt": "2025-10-25T13:00:00Z"},
        {"channelId": -1002, "role": "destination"},
    ],
}


@pytest.fixture
async def session(own_api: ApiProcess) -> Any:
    """A client of an API of the test's own."""
    async with aiohttp.ClientSession(own_api.url) as found:
        yield found


async def _report(session: aiohttp.ClientSession, **fields: Any) -> list[dict[str, Any]]:
    async with session.post("/gateway/status", json=REPORT | fields, headers=HEADERS) as answer:
        assert answer.status == 200
        found: list[dict[str, Any]] = (await answer.json())["requests"]
        return found


async def _asked(session: aiohttp.ClientSession) -> dict[str, Any]:
    """The one thing that the gateway is asked for."""
    requests: list[dict[str, Any]] = []

    async def look() -> bool:
        requests[:] = await _report(session)
        return bool(requests)

    await eventually(look)
    (request,) = requests
    return request


async def _get(session: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    async with session.get(path) as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def _post(session: aiohttp.ClientSession, path: str) -> tuple[int, dict[str, Any]]:
    """As the Dashboard does: a JSON content type and no body."""
    async with session.post(path, headers={"Content-Type": "application/json"}) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_the_dashboard_sees_what_the_gateway_reported(
    session: aiohttp.ClientSession,
) -> None:
    """/bots and /config/channels in the old shapes, before and after the first report."""
    before = (await _get(session, "/bots"))["data"]
    assert (before["configured"], before["mode"], before["webhook"]) == (False, "polling", None)
    assert (await _get(session, "/config/channels"))["data"] == []
    assert await _report(session) == []
    after = (await _get(session, "/bots"))["data"]
    assert (after["configured"], after["status"]) == (True, "running")
    assert (await _get(session, "/config/channels"))["data"] == [
        {"channelId": -1001, "type": "source", "title": "TP"},
        {"channelId": -1002, "type": "destination", "title": ""},
    ]


async def test_health_follows_the_gateway_and_stays_200(
    session: aiohttp.ClientSession, database: str
) -> None:
    """Healthy while it reports well, degraded with the reason otherwise, silent after a minute."""
    await _report(session)
    health = await _get(session, "/health")
    assert (health["status"], health["error"]) == ("healthy", None)
    assert set(health["checks"]["gatewayApi"]) == {"status", "message", "responseTime"}
    assert health["checks"]["pollingWorker"]["message"] == "2 messages waiting, 0 dead letters"
    sick = {"source": "user", "condition": "login_required", "reason": "the session was revoked"}
    await _report(session, sources=[sick], outbox={"pending": 0, "deadLetters": 3})
    health = await _get(session, "/health")
    assert health["status"] == "degraded"
    assert health["error"] == (
        "gatewayApi: user is login_required. the session was revoked;"
        " pollingWorker: 0 messages waiting, 3 dead letters"
    )
    _age(database)
    health = await _get(session, "/health")
    assert (health["status"], health["checks"]["gatewayApi"]["message"][:10]) == (
        "degraded",
        "silent for",
    )
    assert (await _get(session, "/ready"))["status"] == "healthy"


async def test_messages_that_the_database_lost_are_counted(session: aiohttp.ClientSession) -> None:
    """Of those that the gateway has as delivered; the next report counts anew."""
    async with session.post("/ingest", json=body(1), headers=HEADERS) as answer:
        assert answer.status == 200
    there = [body(1)["channelId"], 1]
    await _report(session, outbox={"delivered": [there, [-1009, 4711], [-1009, 4712]]})
    assert "\npipeline_lost_messages 2.0\n" in await _metrics(session)
    await _report(session, outbox={"delivered": [there]})
    assert "\npipeline_lost_messages 0.0\n" in await _metrics(session)


async def _metrics(session: aiohttp.ClientSession) -> str:
    async with session.get("/metrics") as answer:
        return await answer.text()


def _age(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "update tp_capital.gateway_status set reported_at = reported_at - interval '2 minutes'"
        )


@pytest.mark.parametrize("path", ["/sync-messages", "/reload-channels"])
async def test_without_a_gateway_nothing_is_promised(
    session: aiohttp.ClientSession, database: str, path: str
) -> None:
    """503 at once, with the reason, whether it never reported or is silent."""
    with anyio.fail_after(3):
        status, problem = await _post(session, path)
        assert (status, problem["error"]) == (503, "Gateway unavailable")
        assert "has reported to this API yet" in problem["message"]
        await _report(session)
        _age(database)
        status, problem = await _post(session, path)
        assert (status, problem["message"][:21]) == (503, "the gateway last repo")


async def test_a_sync_is_passed_on_and_its_figures_come_back(
    session: aiohttp.ClientSession,
) -> None:
    """The gateway gets the request with its report, and the page the gateway's figures."""
    await _report(session)
    found: dict[str, Any] = {}

    async def click() -> None:
        found["answer"] = await _post(session, "/sync-messages")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(click)
        request = await _asked(session)
        assert request["kind"] == "sync"
        result = {"id": request["id"], "succeeded": True, "messagesSynced": 7, "messagesSaved": 5}
        assert await _report(session, answers=[result | {"channels": [-1001]}]) == []
    status, answer = found["answer"]
    assert (status, answer["success"], answer["message"]) == (
        200,
        True,
        "7 mensagens sincronizadas",
    )
    data = answer["data"]
    assert (data["totalMessagesSynced"], data["totalMessagesSaved"]) == (7, 5)
    assert (data["messagesSynced"], data["channelsSynced"]) == (7, [-1001])
    assert (data["filters"], data["pending"]) == ({"limit": 500}, False)


async def test_a_slow_gateway_does_not_hang_the_page(session: aiohttp.ClientSession) -> None:
    """Within seconds an answer with what is known; the request is not made twice."""
    await _report(session)
    with anyio.fail_after(7):
        status, answer = await _post(session, "/sync-messages")
    assert (status, answer["success"], answer["data"]["pending"]) == (200, True, True)
    with anyio.fail_after(7):
        status, answer = await _post(session, "/reload-channels")
    assert (status, answer["channels"], answer["pending"]) == (200, [-1001], True)
    requests = await _report(session)
    assert [request["kind"] for request in requests] == ["sync", "reload"]
    assert await _report(session) == requests


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("channels.toml line 3", "channels.toml line 3"),
        ("", "the gateway could not do it; see its log"),
    ],
)
async def test_a_failed_request_says_why(
    session: aiohttp.ClientSession, detail: str, said: str
) -> None:
    """503 with the gateway's own words, or where they are."""
    await _report(session)
    found: dict[str, Any] = {}

    async def click() -> None:
        found["answer"] = await _post(session, "/reload-channels")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(click)
        request = await _asked(session)
        failed = {"id": request["id"], "succeeded": False, "detail": detail}
        await _report(session, answers=[failed])
    assert (found["answer"][0], found["answer"][1]["message"]) == (503, said)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (REPORT, {}, 401),
        ({}, HEADERS, 400),
        (REPORT | {"outbox": {"pending": -1}}, HEADERS, 400),
        (REPORT | {"version": "a\x00"}, HEADERS, 400),
    ],
)
async def test_a_report_needs_the_token_and_the_shape(
    session: aiohttp.ClientSession, body: Any, headers: dict[str, str], status: int
) -> None:
    """Otherwise a problem, and nothing kept."""
    async with session.post("/gateway/status", json=body, headers=headers) as answer:
        assert answer.status == status
    assert (await _get(session, "/bots"))["data"]["configured"] is False
