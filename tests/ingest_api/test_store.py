"""The store: any order, any repetition, any split gives the same tables."""

import random
from datetime import timedelta
from pathlib import Path

import anyio
import anyio.abc
import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from contracts.message import Origin
from contracts.telemetry import Telemetry
from ingest_api.database.database import Pool, open_pool
from ingest_api.database.migrate import migrate
from ingest_api.errors import DatabaseUnavailableError, RejectedError
from ingest_api.ingest.delivery import Delivery
from ingest_api.ingest.ledger import Recorded
from ingest_api.ingest.store import Store
from ops.embedded_postgres import EmbeddedPostgres
from tests import postgres
from tests.ingest_api.drawn_deliveries import DELIVERIES, TEXTS
from tests.ingest_api.messages import (
    CHANNEL,
    CHATTER,
    OTHER_SIGNAL,
    SENT_AT,
    delivery,
    tombstone,
)
from tests.ingest_api.tables import expected, exposed, stored
from tests.waiting import eventually


async def _empty(pool: Pool) -> None:
    async with pool.connection() as connection:
        await connection.execute("truncate messages, message_revisions, tp_capital_signals")


@given(batches=strategies.lists(strategies.lists(DELIVERIES, min_size=1, max_size=8), max_size=5))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_tables_depend_on_the_set_of_deliveries_alone(
    database: str, pool: Pool, store: Store, batches: list[list[Delivery]]
) -> None:
    """Whatever the order, repetition and split, the tables are the model's."""
    await _empty(pool)
    for batch in batches:
        await store.record(batch)
    assert stored(database) == expected(d for batch in batches for d in batch)


async def test_eight_connections_at_once_end_like_the_model(database: str, store: Store) -> None:
    """60 messages' versions and half their deletions, eight times each, by eight writers."""
    chance = random.Random(7)
    versions = [
        delivery(number, chance.choice(TEXTS), edited=edited, sequence=chance.randrange(3))
        for number in range(60)
        for edited in chance.sample([None, 10, 20, 30, 40, 50, 60], 5)
    ]
    versions += [tombstone(number, deleted) for number in range(0, 62, 2) for deleted in (30, 90)]
    events = versions * 8
    chance.shuffle(events)

    async def write(own: list[Delivery]) -> None:
        while own:
            size = chance.randrange(1, 60)
            batch, own = own[:size], own[size:]
            results = await store.record(batch)
            assert all(isinstance(result, Recorded) for result in results)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as writers:
            for number in range(8):
                writers.start_soon(write, events[number::8])
    assert stored(database) == expected(versions)


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [
        ([], delivery(1), Recorded("created", stored=True, revision=1)),
        ([delivery(1)], delivery(1), Recorded("unchanged", stored=False, revision=1)),
        (
            [delivery(1)],
            delivery(1, edited=5),
            Recorded("unchanged", stored=False, revision=1),
        ),
        (
            [delivery(1)],
            delivery(1, CHATTER, edited=5),
            Recorded("updated", stored=True, revision=2),
        ),
        (
            [delivery(1, CHATTER, edited=5)],
            delivery(1),
            Recorded("stale", stored=True, revision=2),
        ),
        (
            [delivery(1), delivery(1, CHATTER, edited=5)],
            delivery(1),
            Recorded("stale", stored=False, revision=2),
        ),
        (
            [delivery(1), delivery(1, CHATTER, edited=5)],
            delivery(1, edited=9),
            Recorded("updated", stored=False, revision=2),
        ),
    ],
    ids=["new", "replay", "hidden edit", "edit", "late original", "replayed original", "back"],
)
async def test_each_delivery_is_told_what_became_of_it(
    store: Store, before: list[Delivery], now: Delivery, outcome: Recorded
) -> None:
    """The outcome, whether it added something, and the number of texts are exact."""
    for earlier in before:
        await store.record([earlier])
    assert await store.record([now]) == [outcome]


async def test_versions_and_repetitions_in_one_batch_are_told_apart(store: Store) -> None:
    """The first creates the message, an edit updates it, the repetition adds nothing."""
    old, new = delivery(1), delivery(1, CHATTER, edited=5)
    assert await store.record([old, new, new]) == [
        Recorded("created", stored=True, revision=1),
        Recorded("updated", stored=True, revision=2),
        Recorded("unchanged", stored=False, revision=2),
    ]


async def test_messages_edited_in_their_own_batch_keep_their_place(
    database: str, store: Store
) -> None:
    """Messages of a channel are stored in the order of arrival, edited at once or not."""
    batch = [delivery(1), delivery(2), delivery(2, CHATTER, edited=5), delivery(3)]
    await store.record(batch)
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "select message_id from tp_capital.messages order by id"
        ).fetchall()
    assert found == [(1,), (2,), (3,)]


async def test_another_send_time_makes_no_second_signal(database: str, store: Store) -> None:
    """The send time is the ledger's: a delivery that tells another changes no key."""
    await store.record([delivery(1)])
    other = delivery(1, OTHER_SIGNAL, edited=9, timestamp=SENT_AT - timedelta(days=90))
    await store.record([other])
    (signal,) = stored(database)["signals"]
    assert (signal["sent_at"], signal["asset"]) == (SENT_AT, "VALEX640")


async def test_a_copy_with_a_known_origin_is_the_original(database: str, store: Store) -> None:
    """A forwarded message and its original are one row."""
    origin = Origin(channel_id=CHANNEL, message_id=1, timestamp=SENT_AT)
    await store.record([delivery(77, channel_id=-100999, origin=origin)])
    assert await store.record([delivery(1)]) == [Recorded("unchanged", stored=False, revision=1)]
    assert len(stored(database)["messages"]) == 1


async def test_prices_are_stored_as_written(database: str, store: Store) -> None:
    """Three decimals stay three, and every target is kept in order."""
    await store.record([delivery(1, OTHER_SIGNAL)])
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "select target_1::text, targets::text, channel, ts, source"
            " from tp_capital.tp_capital_signals"
        ).fetchone()
    assert row == ("1.305", "{1.305}", str(CHANNEL), 1761397200000, "user")


async def test_a_poisoned_message_is_refused_alone(database: str, store: Store) -> None:
    """A message the database refuses for itself spares the other 99 of its batch."""
    batch = [delivery(number, CHATTER) for number in range(1, 101)]
    batch[41].row["photos"] = orjson.Fragment(b'["\\u0000"]')  # past the contract, on purpose
    results = await store.record(batch)
    assert [index for index, result in enumerate(results) if not isinstance(result, Recorded)] == [
        41
    ]
    assert isinstance(results[41], RejectedError)
    assert str(results[41]).startswith("the database will not take this message as it is: ")
    assert len(stored(database)["messages"]) == 99


async def test_a_deadlock_is_tried_again(database: str, store: Store, telemetry: Telemetry) -> None:
    """A transaction that lost a deadlock is repeated, and the caller does not notice."""
    await store.record([delivery(1, CHATTER), delivery(2, CHATTER)])
    lock = "select from messages where message_id = %s for update"
    async with await psycopg.AsyncConnection.connect(
        database, options="-c search_path=tp_capital -c deadlock_timeout=10s"
    ) as other:
        await other.execute(lock, (2,))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.record, [delivery(1, edited=1), delivery(2, edited=1)])
            await eventually(lambda: _waits_for_a_lock(database))
            await other.execute(lock, (1,))
            await other.commit()
    assert {row["revision"] for row in stored(database)["messages"]} == {2}
    assert 'api_timescaledb_errors_total{error_type="conflict"} 1.0' in exposed(telemetry)


async def test_a_long_lock_is_no_refusal(database: str, store: Store) -> None:
    """Waiting longer than the lock time-out is the database's trouble, not the message's."""
    await store.record([delivery(1, CHATTER)])
    with psycopg.connect(database) as other:
        other.execute("select from tp_capital.messages for update")
        with anyio.fail_after(8), pytest.raises(DatabaseUnavailableError):
            await store.record([delivery(1)])


async def test_without_a_database_the_store_says_so_in_time(telemetry: Telemetry) -> None:
    """No server at the address: DatabaseUnavailableError within the bound, and counted."""
    nowhere = postgres.settings("postgresql://nobody@127.0.0.1:1/none")
    async with open_pool(nowhere) as pool:
        with anyio.fail_after(8), pytest.raises(DatabaseUnavailableError):
            await Store(pool, telemetry).record([delivery(1)])
    assert 'api_timescaledb_errors_total{error_type="connection"} 1.0' in exposed(telemetry)


async def test_a_restarted_server_is_found_again(
    postgres_folder: Path, telemetry: Telemetry
) -> None:
    """After a SIGKILL of PostgreSQL the next record waits for nobody to restart the API."""
    with EmbeddedPostgres(postgres_folder) as server:
        configuration = postgres.settings(server.dsn)
        await migrate(configuration)
        async with open_pool(configuration) as pool:
            store = Store(pool, telemetry)
            await store.record([delivery(1)])
            server.kill()
            # A backend outlives its postmaster for a moment, and may answer once more.
            await eventually(lambda: _is_refused(store, delivery(2)))
            server.start()
            await eventually(lambda: _records(store, delivery(2)))
        assert len(stored(server.dsn)["messages"]) == 2


async def test_a_deaf_database_is_given_up_in_time(telemetry: Telemetry) -> None:
    """A server that takes connections and says nothing costs 8 s, not the request."""
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as deaf:
        port = deaf.extra(  # noqa: S610  # anyio's, no SQL
            anyio.abc.SocketAttribute.local_port
        )
        async with open_pool(postgres.settings(f"postgresql://a@127.0.0.1:{port}/b")) as pool:
            words = "the database did not answer within 8 s; send again later|couldn't get"
            with anyio.fail_after(9), pytest.raises(DatabaseUnavailableError, match=words):
                await Store(pool, telemetry).record([delivery(1)])


async def _waits_for_a_lock(dsn: str) -> bool:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        cursor = await connection.execute(
            "select from pg_stat_activity"
            " where wait_event_type = 'Lock' and datname = current_database()"
        )
        return await cursor.fetchone() is not None


async def _records(store: Store, one: Delivery) -> bool:
    return not await _is_refused(store, one)


async def _is_refused(store: Store, one: Delivery) -> bool:
    """Whether the database is away, told within the store's own bound."""
    try:
        with anyio.fail_after(8):
            await store.record([one])
    except DatabaseUnavailableError:
        return True
    return False
