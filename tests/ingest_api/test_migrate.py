"""Migrations: once, in order, by one program at a time, and never over a newer one."""

import os

import anyio
import psycopg
import pytest

from ingest_api.database.migrate import migrate
from ingest_api.errors import MigrationError
from ingest_api.sql import migrations
from tests.postgres import settings


def _versions(dsn: str, schema: str = "tp_capital") -> list[int]:
    with psycopg.connect(dsn, options=f'-c search_path="{schema}"') as connection:
        rows = connection.execute("select version from schema_migrations order by version")
        return [row[0] for row in rows]


async def test_four_replicas_that_start_at_once_migrate_once(empty_database: str) -> None:
    """Each migration is applied by exactly one of them, and none fails."""
    applied: list[int] = []

    async def start() -> None:
        applied.append(await migrate(settings(empty_database)))

    async with anyio.create_task_group() as replicas:
        for _ in range(4):
            replicas.start_soon(start)
    assert sorted(applied) == [0, 0, 0, len(migrations())]
    assert _versions(empty_database) == [migration.version for migration in migrations()]


async def test_a_second_start_changes_nothing(database: str) -> None:
    """A migrated database needs no migration."""
    assert await migrate(settings(database)) == 0


async def test_a_newer_database_is_refused(database: str) -> None:
    """A migration this program does not know stops it, by name and with what to do."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into tp_capital.schema_migrations values (9999, '9999_future.sql', 'x')"
        )
    with pytest.raises(MigrationError, match=r"9999_future\.sql.*migrated by a newer one"):
        await migrate(settings(database))


async def test_a_changed_migration_is_refused(database: str) -> None:
    """A file that differs from what was applied stops the start."""
    with psycopg.connect(database) as connection:
        connection.execute("update tp_capital.schema_migrations set sha256 = 'x' where version = 1")
    with pytest.raises(MigrationError, match=r"0001_messages\.sql was changed"):
        await migrate(settings(database))


async def test_a_failing_migration_leaves_nothing_behind(empty_database: str) -> None:
    """When a table is in the way, the migration's other tables are not there either."""
    with psycopg.connect(empty_database) as connection:
        connection.execute("create schema tp_capital")
        connection.execute("create table tp_capital.message_revisions (n int)")
    with pytest.raises(psycopg.errors.DuplicateTable):
        await migrate(settings(empty_database))
    with psycopg.connect(empty_database) as connection:
        found = connection.execute("select to_regclass('tp_capital.messages')").fetchone()
    assert found == (None,)


async def test_any_schema_name_serves(empty_database: str) -> None:
    """TIMESCALEDB_SCHEMA names the schema, whatever its case."""
    await migrate(settings(empty_database, TIMESCALEDB_SCHEMA="Select"))
    assert _versions(empty_database, "Select") == [m.version for m in migrations()]


def test_the_signals_are_a_hypertable_where_timescaledb_is(database: str) -> None:
    """With the extension they are partitioned by send time, 30 days a chunk; without, plain."""
    with psycopg.connect(database) as connection:
        if not connection.execute(
            "select from pg_available_extensions where name = 'timescaledb'"
        ).fetchone():
            assert "TEST_DATABASE_URL" not in os.environ or connection.info.server_version
            return
        row = connection.execute(
            "select column_name, time_interval::text from timescaledb_information.dimensions"
            " where hypertable_name = 'tp_capital_signals'"
        ).fetchone()
    assert row == ("sent_at", "30 days")


def test_the_old_view_has_the_old_columns(database: str) -> None:
    """Readers of forwarded_messages find the columns they know."""
    with psycopg.connect(database) as connection:
        cursor = connection.execute("select * from tp_capital.forwarded_messages")
        names = [column.name for column in cursor.description or ()]
    assert names == [
        "id",
        "channel_id",
        "message_id",
        "message_text",
        "original_timestamp",
        "photos",
        "received_at",
    ]


_TIMES = "created_at timestamptz, updated_at timestamptz"
_OLD_COLUMNS = {
    "telegram_channels": "id varchar, label varchar, channel_id int8, channel_type varchar,"
    f" description text, status varchar, signal_count int4, last_signal timestamptz, {_TIMES}",
    "telegram_bots": "id varchar, username varchar, token text, bot_type varchar,"
    f" description text, status varchar, {_TIMES}",
    "forwarded_messages": "channel_id text, message_id int8, message_text text,"
    " original_timestamp timestamptz, photos text, received_at timestamptz",
}


@pytest.mark.parametrize("table", _OLD_COLUMNS)
def test_the_old_tables_are_read_as_before(database: str, table: str) -> None:
    """Every old column is there, under its name and with its type; others may be added."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select column_name || ' ' || udt_name from information_schema.columns"
            " where table_schema = 'tp_capital' and table_name = %s",
            [table],
        ).fetchall()
    assert set(_OLD_COLUMNS[table].split(", ")) <= {row[0] for row in rows}
