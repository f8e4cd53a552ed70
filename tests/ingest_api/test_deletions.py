"""Tombstones: a deletion is a mark, and stands in whatever order it comes."""

import itertools

import aiohttp
import psycopg
import pytest

from ingest_api.ingest.delivery import Delivery
from ingest_api.ingest.ledger import Recorded
from ingest_api.ingest.store import Store
from tests.ingest_api.messages import OTHER_SIGNAL, SENT_AT, body, delivery, tombstone
from tests.ingest_api.tables import expected, stored
from tests.ingest_api.test_ingest import HEADERS

_DELETED = Recorded("updated", stored=True, revision=1)
_GONE_ALREADY = Recorded("unchanged", stored=False, revision=1)


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [
        ([delivery(1)], tombstone(1), _DELETED),
        ([delivery(1), tombstone(1)], tombstone(1), _GONE_ALREADY),
        ([delivery(1), tombstone(1)], tombstone(1, 1), _GONE_ALREADY),
        ([], tombstone(1), Recorded("updated", stored=True, revision=0)),
        ([tombstone(1)], delivery(1), Recorded("created", stored=True, revision=1)),
        ([tombstone(1), delivery(1)], tombstone(1), _GONE_ALREADY),
        ([delivery(1), tombstone(1)], delivery(1), _GONE_ALREADY),
        (
            [tombstone(1), delivery(1)],
            delivery(1, OTHER_SIGNAL, edited=900),
            Recorded("updated", stored=True, revision=2),
        ),
    ],
    ids=["known", "again", "earlier", "unknown", "original", "both", "replay", "late edit"],
)
async def test_a_deletion_stands_whatever_comes_after(  # three of them are the case
    database: str, store: Store, before: list[Delivery], now: Delivery, outcome: Recorded
) -> None:
    """`updated` once and `unchanged` later; the signal of a deleted message is never active."""
    for earlier in before:
        await store.record([earlier])
    assert await store.record([now]) == [outcome]
    assert [row["status"] for row in stored(database)["signals"]] in ([], ["withdrawn"])
    assert stored(database) == expected([*before, now])


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
async def test_a_deletion_in_the_batch_of_its_message_needs_no_order(
    database: str, store: Store, order: tuple[int, ...]
) -> None:
    """Original, edit and deletion at once: one message with both texts, and no signal shown."""
    events = [delivery(1), delivery(1, OTHER_SIGNAL, edited=5), tombstone(1, source="bot")]
    batch = [events[place] for place in order]
    results = await store.record([*batch, *batch])
    deletions = [r for r, each in zip(results, batch * 2, strict=True) if each.is_deletion]
    assert [result.outcome for result in deletions if isinstance(result, Recorded)] == [
        "updated",
        "unchanged",
    ]
    assert stored(database) == expected(events)


async def test_a_deletion_ahead_of_its_message_fixes_no_send_time(
    database: str, store: Store
) -> None:
    """Its guess is replaced by the first delivery; until then no view lists it."""
    await store.record([tombstone(1)])
    with psycopg.connect(database) as connection:
        listed = connection.execute("select from tp_capital.forwarded_messages").fetchall()
    assert listed == []
    await store.record([delivery(1)])
    (message,), (signal,) = stored(database)["messages"], stored(database)["signals"]
    assert (message["sent_at"], signal["sent_at"], signal["status"]) == (
        SENT_AT,
        SENT_AT,
        "withdrawn",
    )


async def test_a_gateway_posts_deletions_among_messages(client: aiohttp.ClientSession) -> None:
    """Over the wire: a batch with a deletion and its message; the signal is not listed."""
    gone = {"deletedAt": "2025-10-25T14:00:00Z", "timestamp": "2025-10-25T14:00:00Z"}
    messages = [body(1, "", **gone), body(1), body(2)]
    async with client.post("/ingest/batch", json={"messages": messages}, headers=HEADERS) as answer:
        results = (await answer.json())["results"]
    assert [result["outcome"] for result in results] == ["updated", "created", "created"]
    async with client.post("/ingest", json=messages[0], headers=HEADERS) as answer:
        assert (await answer.json())["reason"] == "duplicate"
    async with client.get("/signals") as answer:
        assert [row["message_id"] for row in (await answer.json())["data"]] == [2]
