"""Signals off the list and back on it, and the list page by page."""

from typing import Any

import aiohttp
import psycopg
import pytest

from ingest_api.ingest.store import Store
from ingest_api.sql import QUERIES
from tests.ingest_api.messages import CHATTER, OTHER_SIGNAL, SIGNAL, body, delivery
from tests.ingest_api.test_ingest import HEADERS


class Desk:
    """What a person at the Dashboard does, on one channel."""

    def __init__(self, client: aiohttp.ClientSession, channel: int) -> None:
        self._client = client
        self._channel = channel

    async def post(self, message_id: int, text: str = SIGNAL, **fields: Any) -> None:
        """The gateway delivers a message."""
        message = body(message_id, text, channelId=self._channel, **fields)
        async with self._client.post("/ingest", json=message, headers=HEADERS) as answer:
            assert answer.status == 200

    async def rows(self, **query: str) -> list[dict[str, Any]]:
        """What the page shows."""
        parameters = {"channel": str(self._channel), **query}
        async with self._client.get("/signals", params=parameters) as answer:
            assert answer.status == 200
            found: list[dict[str, Any]] = (await answer.json())["data"]
            return found

    async def shown(self, **query: str) -> list[int]:
        """The messages that the rows came from."""
        return [row["message_id"] for row in await self.rows(**query)]

    async def delete(self, ingested_at: Any, **arguments: Any) -> tuple[int, dict[str, Any]]:
        """DELETE /signals."""
        sent = arguments or {"json": {"ingestedAt": ingested_at}}
        async with self._client.delete("/signals", **sent) as answer:
            return answer.status, await answer.json(content_type=None)

    async def restore(self, signal_id: Any) -> int:
        """POST /signals/{id}/restore."""
        async with self._client.post(f"/signals/{signal_id}/restore") as answer:
            return answer.status


@pytest.fixture
def desk(client: aiohttp.ClientSession, request: pytest.FixtureRequest) -> Desk:
    """A desk on a channel of the test's own."""
    return Desk(client, -1_000_000_000_000 - abs(hash(request.node.name)) % 10**9)


async def test_the_row_that_the_page_shows_is_deleted_and_restored(desk: Desk) -> None:
    """By its own ingested_at; 404 the second time; listed on demand; back by its id."""
    await desk.post(1)
    await desk.post(2)
    gone = (await desk.rows())[0]
    assert await desk.delete(gone["ingested_at"]) == (200, {"status": "ok"})
    assert (await desk.delete(gone["ingested_at"]))[0] == 404
    assert await desk.shown() == [1]
    withdrawn = await desk.rows(include="withdrawn")
    assert [(row["message_id"], row["status"]) for row in withdrawn] == [
        (2, "withdrawn"),
        (1, "active"),
    ]
    assert await desk.restore(gone["id"]) == 200
    assert await desk.restore(gone["id"]) == 200
    assert await desk.shown() == [2, 1]


async def test_a_deleted_signal_stays_away(desk: Desk) -> None:
    """Neither a replay nor an edit brings it back; after a restore Telegram decides again."""
    await desk.post(1)
    (row,) = await desk.rows()
    await desk.delete(row["ingested_at"])
    await desk.post(1)
    await desk.post(1, OTHER_SIGNAL, editedAt="2025-10-25T14:00:00Z")
    assert await desk.shown() == []
    await desk.restore(row["id"])
    (back,) = await desk.rows()
    assert (back["asset"], back["revision"]) == ("VALEX640", 2)
    await desk.post(1, CHATTER, editedAt="2025-10-25T15:00:00Z")
    assert await desk.shown() == []


async def test_a_withdrawn_signal_can_be_restored_too(desk: Desk) -> None:
    """What Telegram deleted: an operator may keep it, and no replay takes it away."""
    gone = {"deletedAt": "2025-10-25T14:00:00Z"}
    await desk.post(1)
    (row,) = await desk.rows()
    await desk.post(1, "", **gone)
    assert await desk.shown() == []
    assert await desk.restore(row["id"]) == 200
    await desk.post(1, "", **gone)
    await desk.post(1)
    assert await desk.shown() == [1]


@pytest.mark.parametrize("place", ["0", "999999999", "x", "1e3", "-1", "9" * 30])
async def test_a_signal_that_is_not_there_cannot_be_restored(desk: Desk, place: str) -> None:
    """404 for any id that names none."""
    assert await desk.restore(place) == 404


async def test_milliseconds_are_enough_where_they_tell_signals_apart(desk: Desk) -> None:
    """JavaScript's Date keeps no more; two in one millisecond are not guessed at."""
    await desk.post(1)
    (row,) = await desk.rows()
    short = f"{row['ingested_at'][:23]}Z"
    assert await desk.delete(short) == (200, {"status": "ok"})
    messages = [body(number, channelId=desk._channel) for number in range(10, 60)]
    async with desk._client.post("/ingest/batch", json={"messages": messages}, headers=HEADERS):
        pass
    times = [row["ingested_at"] for row in await desk.rows()]
    assert len(set(times)) == 50
    crowded = next(t for t in times if sum(o[:23] == t[:23] for o in times) > 1)
    status, problem = await desk.delete(f"{crowded[:23]}Z")
    assert (status, problem["type"]) == (409, "urn:tpcapital:problem:ambiguous")
    assert problem["detail"].startswith("several signals were stored at ")
    assert problem["detail"].endswith("; send the time with its microseconds")
    assert len(await desk.rows()) == 50


@pytest.mark.parametrize("sent", ["", "yesterday", None, 5, "2025-13-01"])
async def test_a_time_that_is_none_is_named(desk: Desk, sent: Any) -> None:
    """400 with the field."""
    status, problem = await desk.delete(sent)
    assert (status, problem["errors"][0]["path"]) == (400, "ingestedAt")


@pytest.mark.parametrize("sent", ["2025", "2025-10-25", "2025-10-25T13:00:00", "2025-10-25T13:00Z"])
async def test_a_time_at_which_nothing_was_stored_is_404(desk: Desk, sent: str) -> None:
    """Whatever JavaScript's Date could read."""
    assert (await desk.delete(sent))[0] == 404


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"data": {"ingestedAt": "2025-10-25T13:00:00Z"}}, 404),
        ({"data": b"", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"[]", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"x" * 70_000, "headers": {"Content-Type": "application/json"}}, 413),
    ],
    ids=["form", "empty", "broken", "no object", "large"],
)
async def test_bodies_are_json_or_forms(desk: Desk, arguments: dict[str, Any], status: int) -> None:
    """Either is read; what is neither is a 400, what is too much a 413."""
    found, problem = await desk.delete(None, **arguments)
    assert (found, problem["status"]) == (status, status)


async def test_the_list_is_read_page_by_page(desk: Desk) -> None:
    """The cursor of a page's last row continues after it, also through rows of one time."""
    for number in range(1, 8):
        await desk.post(number)
    seen: list[int] = []
    query = {"limit": "3", "channel": str(desk._channel)}
    while True:
        async with desk._client.get("/signals", params=query) as answer:
            page = await answer.json()
        seen += [row["message_id"] for row in page["data"]]
        if "cursor" not in page:
            break
        assert page["cursor"] == page["data"][-1]["cursor"]
        query["cursor"] = page["cursor"]
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_a_row_carries_its_channels_label(desk: Desk) -> None:
    """Of the register, as long as it is there."""
    await desk.post(1)
    assert [row["channel_label"] for row in await desk.rows()] == [None]
    new = {"label": "TP Capital", "channel_id": str(desk._channel)}
    async with desk._client.post("/telegram/channels", json=new) as answer:
        place = (await answer.json())["id"]
    assert [row["channel_label"] for row in await desk.rows()] == ["TP Capital"]
    async with desk._client.delete(f"/telegram/channels/{place}") as answer:
        assert answer.status == 200
    assert [row["channel_label"] for row in await desk.rows()] == [None]


async def test_cleaning_takes_everything_off_and_loses_nothing(desk: Desk) -> None:
    """The old answer; each signal can be restored; the count of channels follows."""
    for number in range(1, 4):
        await desk.post(number)
    rows = await desk.rows()
    async with desk._client.post(
        "/clean-signals", headers={"Content-Type": "application/json"}
    ) as answer:
        found = await answer.json()
    assert (found["success"], found["message"]) == (True, f"{found['deleted']} sinais deletados")
    assert found["deleted"] >= 3
    assert await desk.shown() == []
    async with desk._client.get("/channels") as answer:
        assert (await answer.json())["data"] == []
    assert await desk.restore(rows[0]["id"]) == 200
    async with desk._client.get("/channels") as answer:
        channels = await answer.json()
    assert channels["data"] == [
        {
            "channel": str(desk._channel),
            "signal_count": "1",
            "last_signal": str(rows[0]["ts"]),
        }
    ]
    assert channels["source"] == "timescale"
    assert channels["timestamp"][19:] == "-03:00"


async def test_channels_are_counted_from_an_index_alone(database: str, store: Store) -> None:
    """Of three million signals it need not read the rows, which are much wider."""
    await store.record([delivery(1)])  # a hypertable has its indexes with its first chunk
    with psycopg.connect(database) as connection:
        connection.execute("set search_path to tp_capital")
        connection.execute("set enable_seqscan = off")
        connection.execute("set enable_bitmapscan = off")
        plan = connection.execute(f"explain {QUERIES['select_channels']}".encode()).fetchall()
    lines = "\n".join(line for (line,) in plan)
    assert "Index Only Scan using" in lines, lines
