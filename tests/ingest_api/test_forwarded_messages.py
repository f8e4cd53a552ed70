"""GET /forwarded-messages: the messages in the old columns."""

from typing import Any

import aiohttp
import pytest

from tests.ingest_api.messages import CHATTER, body
from tests.ingest_api.test_ingest import HEADERS

_KEYS = [
    *("id", "channel_id", "message_id", "message_text", "original_timestamp", "photos"),
    *("received_at", "ts", "source_channel_id", "source_channel_name", "forwarded_at"),
]


@pytest.fixture
async def messages(client: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """A client of an API that holds three messages of a channel and one of another."""
    days = ["2025-10-24T02:59:59Z", "2025-10-24T03:00:00Z", "2025-10-25T02:59:59Z"]
    sent = [
        body(n, CHATTER, channelId=-1007, timestamp=day, photos=["AgAC1"])
        for n, day in enumerate(days, 1)
    ]
    gone = {"deletedAt": "2025-10-26T00:00:00Z", "timestamp": "2025-10-26T00:00:00Z"}
    sent += [
        body(9, channelId=-1008),
        body(3, "", channelId=-1007, **gone),
        body(77, "", channelId=-1007, **gone),  # a deletion of a message never seen
    ]
    async with client.post("/ingest/batch", json={"messages": sent}, headers=HEADERS) as answer:
        assert answer.status == 200
    return client


async def _get(client: aiohttp.ClientSession, **query: str) -> list[dict[str, Any]]:
    async with client.get("/forwarded-messages", params=query) as answer:
        assert answer.status == 200
        found: list[dict[str, Any]] = (await answer.json())["data"]
        return found


async def test_rows_have_the_old_shape_and_more(messages: aiohttp.ClientSession) -> None:
    """The old keys in their order and types, then the new ones."""
    row = (await _get(messages, channelId="-1007"))[-1]
    assert list(row)[: len(_KEYS)] == _KEYS
    assert (row["channel_id"], row["message_id"], row["message_text"]) == ("-1007", "1", CHATTER)
    assert (row["original_timestamp"], row["ts"]) == ("2025-10-24T02:59:59.000Z", 1761274799000)
    assert (row["photos"], row["source_channel_id"]) == ('["AgAC1"]', "-1007")
    assert row["source_channel_name"] is None
    assert row["forwarded_at"] == row["received_at"]
    assert (row["kind"], row["revision"], row["deleted_at"]) == ("not_a_signal", 1, None)


async def test_deleted_messages_are_kept_and_say_so(messages: aiohttp.ClientSession) -> None:
    """With their text; a deletion without its message is no message."""
    rows = await _get(messages, channelId="-1007")
    assert [(row["message_id"], row["deleted_at"] is None) for row in rows] == [
        ("3", False),
        ("2", True),
        ("1", True),
    ]
    assert rows[0]["message_text"] == CHATTER


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, ["9", "3", "2", "1"]),
        ({"limit": "2"}, ["9", "3"]),
        ({"from": "2025-10-24", "to": "2025-10-24"}, ["3", "2"]),
        ({"to": "1761274799"}, ["1"]),
        ({"to": "1761274799000"}, ["1"]),
        ({"from": "2025-10-25T02:59:59Z"}, ["9", "3"]),
        ({"channelId": "-1008"}, ["9"]),
        ({"channelId": "-1009"}, []),
    ],
)
async def test_filters_find_what_they_say(
    messages: aiohttp.ClientSession, query: dict[str, str], ids: list[str]
) -> None:
    """Newest first; days, seconds, milliseconds and ISO times."""
    assert [row["message_id"] for row in await _get(messages, **query)] == ids


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=1001", "from=x", "channelId=abc", "channelId=0"]
)
async def test_a_wrong_parameter_is_named(client: aiohttp.ClientSession, query: str) -> None:
    """400, where the old API took no notice."""
    async with client.get(f"/forwarded-messages?{query}") as answer:
        problem = await answer.json(content_type=None)
    assert (answer.status, problem["errors"][0]["path"]) == (400, query.partition("=")[0])
