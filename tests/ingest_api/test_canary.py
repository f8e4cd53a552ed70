"""POST /ingest/canary: committed where messages are, and seen nowhere that messages are."""

import aiohttp
import psycopg
import pytest

from contracts.wire import TOKEN_HEADER
from ingest_api.database.database import Pool
from ingest_api.database.statements import Statements
from ingest_api.errors import DatabaseUnavailableError
from tests.api_process import ApiProcess
from tests.ingest_api.tables import stored
from tests.postgres import TOKEN

HEADERS = {TOKEN_HEADER: TOKEN}
CANARY = {"number": 7, "sentAt": "2026-11-24T12:00:00Z"}


def rows(dsn: str) -> list[tuple[object, ...]]:
    """The table of canaries."""
    with psycopg.connect(dsn) as connection:
        return connection.execute("select id, number from tp_capital.canary").fetchall()


async def test_it_is_committed_and_seen_nowhere(
    client: aiohttp.ClientSession, api: ApiProcess, api_database: str
) -> None:
    """One row, used again; no table, list or metric of messages changes."""
    before = stored(api_database)
    for number in (7, 8):
        body = CANARY | {"number": number}
        async with client.post("/ingest/canary", json=body, headers=HEADERS) as answer:
            assert (answer.status, (await answer.json())["number"]) == (200, number)
    assert rows(api_database) == [(1, 8)]
    assert stored(api_database) == before
    async with client.get("/metrics") as answer:
        text = await answer.text()
    assert 'api_ingestion_requests_total{status="success"} 0.0' in text
    assert "api_transaction_messages_count" not in text
    assert 'route="/ingest/canary"' in text
    assert api.lines("request.failed") == []


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [(CANARY, "x" * 32, 401), ({"number": 0}, TOKEN, 400), ({**CANARY, "new": 1}, TOKEN, 200)],
)
async def test_who_and_what_is_let_in(
    client: aiohttp.ClientSession, body: dict[str, object], token: str, status: int
) -> None:
    """The shared token, a whole body; fields of a newer gateway are passed over."""
    headers = {TOKEN_HEADER: token}
    async with client.post("/ingest/canary", json=body, headers=headers) as answer:
        assert answer.status == status


async def test_what_holds_a_message_up_holds_it_up(pool: Pool, database: str) -> None:
    """A lock on the table of messages closes the pipe for both."""
    values = {"number": 1, "sent_at": "2026-11-24T12:00:00Z", "traceparent": None}
    with psycopg.connect(database) as other:
        other.execute("lock table tp_capital.messages in exclusive mode")
        with pytest.raises(DatabaseUnavailableError):
            await Statements(pool).fetch("record_canary", values, seconds=0.3)
    assert await Statements(pool).fetch("record_canary", values)
