"""POST /full-scan: what an earlier parser could not read."""

from typing import Any

import aiohttp
import psycopg
import pytest

from tests.api_process import ApiProcess
from tests.ingest_api.messages import CHATTER, SENT_AT, SIGNAL, body
from tests.ingest_api.tables import stored
from tests.ingest_api.test_ingest import HEADERS


@pytest.fixture
async def session(own_api: ApiProcess) -> Any:
    """A client of an API of the test's own."""
    async with aiohttp.ClientSession(own_api.url) as found:
        yield found


async def _scan(session: aiohttp.ClientSession) -> dict[str, Any]:
    async with session.post("/full-scan", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        assert found["success"] is True
        return found


def _forget(database: str, *message_ids: int) -> None:
    """As an earlier parser left them: read as chatter, without a signal."""
    with psycopg.connect(database, options="-c search_path=tp_capital") as connection:
        ids = [list(message_ids)]
        connection.execute("delete from tp_capital_signals where message_id = any(%s)", ids)
        connection.execute(
            "update messages set kind = 'not_a_signal', parser_version = 0"
            " where message_id = any(%s)",
            ids,
        )


async def test_messages_of_an_earlier_parser_are_read_again(
    session: aiohttp.ClientSession, database: str
) -> None:
    """Signals come with the ledger's send time and revision; a second scan has nothing to do."""
    gone = {"deletedAt": "2025-10-26T00:00:00Z", "timestamp": "2025-10-26T00:00:00Z"}
    sent = [body(1), body(1, f"{SIGNAL}!", editedAt="2025-10-25T14:00:00Z")]
    sent += [body(2, CHATTER), body(3), body(3, "", **gone), body(4), body(99, "", **gone)]
    async with session.post("/ingest/batch", json={"messages": sent}, headers=HEADERS) as answer:
        assert answer.status == 200
    before = stored(database)
    _forget(database, 1, 2, 3)
    answer_ = await _scan(session)
    assert answer_["data"] == {
        "scanned": 3,
        "structured": 2,
        "imported": 2,
        "skipped": 1,
        "errors": 0,
        "complete": True,
    }
    assert answer_["message"] == "3 mensagens lidas, 2 sinais importados"
    assert stored(database) == before
    assert before["signals"][0]["sent_at"] == SENT_AT
    assert (await _scan(session))["data"]["scanned"] == 0


async def test_many_messages_are_read_page_by_page(
    session: aiohttp.ClientSession, database: str
) -> None:
    """More than a page; a signal that an operator deleted stays off the list."""
    sent = [body(number) for number in range(1, 501)]
    for part in (sent, [body(number) for number in range(501, 701)]):
        async with session.post("/ingest/batch", json={"messages": part}, headers=HEADERS):
            pass
    async with session.get("/signals?limit=1") as answer:
        (row,) = (await answer.json())["data"]
    async with session.delete("/signals", json={"ingestedAt": row["ingested_at"]}) as answer:
        assert answer.status == 200
    _forget(database, *range(1, 701))
    assert (await _scan(session))["data"]["imported"] == 700
    statuses = [signal["status"] for signal in stored(database)["signals"]]
    assert (statuses.count("active"), statuses.count("withdrawn")) == (699, 1)
