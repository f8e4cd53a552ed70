"""GET /overview and /activity: what a person should know, and what should be done."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from tests.api_process import ApiProcess
from tests.ingest_api.messages import CHATTER, SIGNAL, body
from tests.ingest_api.test_ingest import HEADERS

_MALFORMED = "Ativo: PETR4\nCompra: 36,10\nAlvo 1: trinta e oito\nStop: 35,00"


def _minutes_ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


async def _post(client: aiohttp.ClientSession, path: str, content: Any) -> None:
    async with client.post(path, json=content, headers=HEADERS) as answer:
        assert answer.status == 200, await answer.text()


async def _get(client: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    async with client.get(path) as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


@pytest.fixture
async def own_client(own_api: ApiProcess) -> Any:
    """A client of an API with nothing in it."""
    async with aiohttp.ClientSession(own_api.url) as session:
        yield session


async def test_an_empty_pipeline_says_so(own_client: aiohttp.ClientSession) -> None:
    """No invented figure; the gateway has never reported, and how to start it."""
    found = await _get(own_client, "/overview")
    assert found["gateway"]["state"] == "unknown"
    assert found["last_message_at"] is None
    assert found["last_signal_at"] is None
    assert found["delay_seconds"] is None
    assert found["today"] == {"messages": 0, "signals": 0, "malformed": 0}
    (attention,) = found["attention"]
    assert (attention["kind"], attention["grave"]) == ("gateway_unknown", False)
    assert attention["commands"] == ["systemctl start tp-capital-gateway"]
    activity = await _get(own_client, "/activity")
    assert [activity[name] for name in ("hours", "channels", "types", "assets")] == [[]] * 4


async def test_the_newest_and_the_delay_are_told(own_client: aiohttp.ClientSession) -> None:
    """The delay is that of live messages; an import of old ones says nothing about it."""
    old = [
        body(number, CHATTER, timestamp=_minutes_ago(300 + number), source="import")
        for number in range(1, 30)
    ]
    await _post(own_client, "/ingest/batch", {"messages": old})
    assert (await _get(own_client, "/overview"))["delay_seconds"] is None
    signal_at, message_at = _minutes_ago(0.5), _minutes_ago(0.05)
    await _post(own_client, "/ingest", body(50, SIGNAL, timestamp=signal_at, source="user"))
    await _post(own_client, "/ingest", body(51, CHATTER, timestamp=message_at, source="user"))
    found = await _get(own_client, "/overview")
    assert found["last_signal_asset"] == "PETRW385"
    assert found["last_signal_at"][:19] == signal_at[:19]
    assert found["last_message_at"][:19] == message_at[:19]
    assert 3 <= found["delay_seconds"] <= 30


@pytest.mark.parametrize(
    ("report", "state", "kinds"),
    [
        ({"sources": [{"source": "user", "condition": "connected"}]}, "connected", []),
        ({"sources": [{"source": "user", "condition": "connecting"}]}, "connecting", []),
        ({"sources": [{"source": "replay", "condition": "finished"}]}, "finished", []),
        ({}, "none", []),
        ({"loginRequired": True}, "login_required", ["login_required"]),
        (
            {
                "loginRequired": True,
                "sources": [
                    {"source": "user", "condition": "login_required", "reason": "signed out"},
                    {"source": "bot", "condition": "banned", "advice": "write to Telegram"},
                ],
            },
            "login_required",
            ["login_required", "source"],
        ),
        (
            {"outbox": {"pending": 9, "deadLetters": 2, "oldestPendingAt": _minutes_ago(9)}},
            "none",
            ["dead_letters", "outbox_stuck"],
        ),
    ],
)
async def test_each_trouble_comes_with_what_mends_it(
    client: aiohttp.ClientSession, report: dict[str, Any], state: str, kinds: list[str]
) -> None:
    """And a healthy gateway with nothing."""
    await _post(client, "/gateway/status", {"version": "1"} | report)
    found = await _get(client, "/overview")
    assert found["gateway"]["state"] == state
    assert [each["kind"] for each in found["attention"]] == kinds
    assert all(each["commands"] and each["grave"] for each in found["attention"])


async def test_unreadable_texts_are_counted_and_a_deleted_one_is_not(
    own_client: aiohttp.ClientSession,
) -> None:
    """Of a week; older ones are history."""
    times = [_minutes_ago(minutes) for minutes in (1, 60, 60 * 24 * 8)]
    texts = [body(n, _MALFORMED, timestamp=time) for n, time in enumerate(times, 1)]
    await _post(own_client, "/ingest/batch", {"messages": texts})
    found = await _get(own_client, "/overview")
    assert found["malformed_week"] == 2
    assert {each["kind"]: each["count"] for each in found["attention"]}["malformed"] == 2
    deleted = body(1, "", timestamp=times[0], deletedAt=_minutes_ago(0))
    await _post(own_client, "/ingest", deleted)
    assert (await _get(own_client, "/overview"))["malformed_week"] == 1


async def test_activity_counts_hours_and_channels(own_client: aiohttp.ClientSession) -> None:
    """Channels known by messages, by registration and by the gateway, each with its name."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    recent, earlier = hour.isoformat(), (hour - timedelta(hours=5)).isoformat()
    long_ago = (hour - timedelta(days=20)).isoformat()
    messages = [
        body(1, SIGNAL, channelId=-1001, timestamp=recent),
        body(2, CHATTER, channelId=-1001, timestamp=recent),
        body(3, _MALFORMED, channelId=-1001, timestamp=earlier),
        body(4, CHATTER, channelId=-1002, timestamp=long_ago),
    ]
    await _post(own_client, "/ingest/batch", {"messages": messages})
    channel = {"label": "Opções", "channel_id": "-1001"}
    async with own_client.post("/telegram-channels", json=channel) as answer:
        assert answer.status == 201
    reported = [{"channelId": -1002, "title": "Swing"}, {"channelId": -1003}]
    await _post(own_client, "/gateway/status", {"version": "1", "channels": reported})
    found = await _get(own_client, "/activity?days=7")
    counts = [(each["messages"], each["signals"], each["malformed"]) for each in found["hours"]]
    assert counts == [(1, 0, 1), (2, 1, 0)]
    assert found["hours"][1]["at"][:16] == recent[:16]
    shown = {each["channel"]: (each["label"], each["messages"]) for each in found["channels"]}
    assert shown == {"-1001": ("Opções", 3), "-1002": ("Swing", 0), "-1003": (None, 0)}
    last = {each["channel"]: each["last_at"] for each in found["channels"]}
    assert last["-1002"][:16] == long_ago[:16]
    assert last["-1003"] is None
    assert (found["types"], found["assets"]) == (["Swing Trade"], ["PETRW385"])


@pytest.mark.parametrize("days", ["0", "91", "x", "-1", "1.5", ""])
async def test_days_are_few(client: aiohttp.ClientSession, days: str) -> None:
    """What is asked stays answerable at once."""
    async with client.get("/activity", params={"days": days}) as answer:
        assert (answer.status, answer.content_type) == (400, "application/problem+json")
