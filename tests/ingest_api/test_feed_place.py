"""What a crash of the database does to the numbers that the feed goes by."""

from pathlib import Path

import anyio
import psycopg

from ingest_api.database.database import open_pool
from ingest_api.database.migrate import migrate
from ingest_api.database.statements import Statements
from ingest_api.signals.feed_place import SafePlace
from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.ingest_api.listening import listening, post
from tests.ingest_api.messages import body
from tests.postgres import settings
from tests.waiting import eventually

# So that what nobody waits for is surely not on the disk when the crash comes.
_LAZY = {"wal_writer_delay": "10s", "autovacuum": "off"}
_WASTED = 20


def _waste_numbers(dsn: str) -> int:
    """End transactions without the disk, and wake the feed; the next one's number."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(_WASTED):
            connection.execute("notify tp_capital_signals")
        return _next_number(connection)


def _next_number(connection: psycopg.Connection) -> int:
    (found,) = connection.execute(
        "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    ).fetchone() or (0,)
    return int(found)


async def test_a_place_is_never_beyond_what_a_crash_leaves(postgres_folder: Path) -> None:
    """Numbers of transactions that did not reach the disk are given again; no place counts them."""
    with EmbeddedPostgres(postgres_folder, settings=_LAZY) as server:
        await migrate(settings(server.dsn))
        async with open_pool(settings(server.dsn)) as pool:
            safe = SafePlace(Statements(pool))
            before = await safe.now()
            lost = _waste_numbers(server.dsn)
            place = await safe.now()
            assert lost >= before.xid + _WASTED
            server.kill()
            server.start()
            with psycopg.connect(server.dsn) as connection:
                again = _next_number(connection)
            assert before.xid <= place.xid <= again < lost
            assert (await SafePlace(Statements(pool)).now()).xid >= again


async def test_a_place_follows_what_is_on_the_disk(database: str) -> None:
    """Wasted numbers count as soon as anything is committed after them."""
    async with open_pool(settings(database)) as pool:
        safe = SafePlace(Statements(pool))
        await safe.now()
        number = _waste_numbers(database)
        await Statements(pool).fetch("flush_log")
        await eventually(lambda: _has_passed(safe, number))


async def _has_passed(safe: SafePlace, number: int) -> bool:
    return (await safe.now()).xid >= number


async def test_a_listener_misses_nothing_of_a_number_given_again(
    postgres_folder: Path, tmp_path: Path
) -> None:
    """One that listens through the crash and one that comes back after it see what comes next."""
    with (
        EmbeddedPostgres(postgres_folder, settings=_LAZY) as server,
        ApiProcess(server.dsn, tmp_path / "log") as api,
    ):
        api.wait_until_ready()
        async with listening(api.url) as stays:
            await post(api, body(1))
            await stays.signals(1)
            lost = _waste_numbers(server.dsn)
            await _look_again(server.dsn)
            async with listening(api.url) as late:
                place = late.place
            server.kill()
            server.start()
            await anyio.to_thread.run_sync(_change, server.dsn, lost)
            assert (await stays.signals(1))[0]["source"] == "again"
        async with listening(api.url, place) as back:
            while (await back.signals(1))[0]["source"] != "again":
                pass


async def _look_again(dsn: str) -> None:
    """Wake the feed, and wait until it has looked at which transactions are open."""
    query = (
        "select 1 from pg_stat_activity where query like '%%pg_current_snapshot%%'"
        " and query_start > %s and state = 'idle'"
    )
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        (now,) = await (await connection.execute("select clock_timestamp()")).fetchone() or ()
        await connection.execute("notify tp_capital_signals")

        async def has_looked() -> bool:
            return bool(await (await connection.execute(query, (now,))).fetchone())

        await eventually(has_looked)


def _change(dsn: str, lost: int) -> None:
    """Change a signal, in a transaction with a number that was another's before."""
    with psycopg.connect(dsn) as connection:
        connection.execute("update tp_capital.tp_capital_signals set source = 'again'")
        (number,) = connection.execute("select pg_current_xact_id()::text::bigint").fetchone() or ()
        assert number < lost
