"""`tpcapital db roles`: each role can do its work, and no more."""

import os
from collections.abc import Iterator
from functools import partial

import anyio
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from contracts.metrics import API
from contracts.telemetry import Telemetry
from ingest_api.database.database import open_pool
from ingest_api.database.migrate import migrate
from ingest_api.database.statements import Statements
from ingest_api.errors import MigrationError
from ingest_api.ingest.store import Store
from ops.cli import main
from tests.ingest_api.messages import SIGNAL, delivery
from tests.postgres import settings

OWNER, API_ROLE, GRAFANA = (f"test_{word}_{os.getpid()}" for word in ("owner", "api", "grafana"))
NAMES = ("--owner", OWNER, "--api", API_ROLE, "--grafana", GRAFANA)


def run(dsn: str, *arguments: str) -> Result:
    """`tpcapital db roles` on that database."""
    line = ["db", "roles", *NAMES, *arguments]
    return CliRunner().invoke(main, line, env={"TIMESCALEDB_URL": dsn})


def login(dsn: str, role: str) -> str:
    """The connection string of a role, which gets a password for it."""
    with psycopg.connect(dsn) as connection:
        connection.execute(f"alter role {role} password 'of-a-test'".encode())
    return make_conninfo(dsn, user=role, password="of-a-test")


def execute(dsn: str, statement: str) -> list[tuple[object, ...]]:
    """Run a statement in our schema."""
    with psycopg.connect(dsn, options="-c search_path=tp_capital,public") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def store(dsn: str) -> None:
    """Store a signal, edit it, and delete its message, as the API does."""
    telemetry = Telemetry(API, "test", "0")
    async with open_pool(settings(dsn)) as pool:
        found = Store(pool, telemetry)
        for each in (
            delivery(1),
            delivery(1, SIGNAL.replace("0,52", "0,61"), edited=60),
            delivery(2, "PETRW385 alvo 1 atingido"),
            delivery(2, "PETRW385 stop", edited=60),
        ):
            await found.record([each])
        canary = {"number": 1, "sent_at": "2026-11-24T12:00:00Z", "traceparent": None}
        assert await Statements(pool).fetch("record_canary", canary)
    telemetry.close()


@pytest.fixture
def made(database: str) -> Iterator[str]:
    """A database whose roles are made; they go with it."""
    result = run(database)
    try:
        assert result.exit_code == 0, result.output
        yield database
    finally:
        with psycopg.connect(database) as connection:
            for role in (OWNER, API_ROLE, GRAFANA):
                connection.execute(f"drop owned by {role} cascade; drop role {role}".encode())


def test_the_api_s_role_starts_reads_and_writes(made: str) -> None:
    """It migrates nothing, because nothing is missing; and it changes no table."""
    dsn = login(made, API_ROLE)
    assert anyio.run(migrate, settings(dsn)) == 0
    anyio.run(partial(store, dsn))
    assert execute(dsn, "select stop::text from tp_capital_signals") == [("0.61",)]
    assert execute(dsn, "select outcome from follow_ups") == [("stop",)]
    for statement in (
        "drop table messages",
        "create table more (n int)",
        "delete from schema_migrations",
        "insert into retention values ('tp_capital_signals', now())",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(dsn, statement)


def test_missing_migrations_are_the_owner_s_work(made: str) -> None:
    """The API's role says so and stops; the owner applies them, and the API may use them."""
    execute(made, "delete from schema_migrations where version = 23")
    execute(
        made,
        "drop view hit_rates, signal_outcomes, linked_follow_ups, follow_up_candidates,"
        " signals_per_channel, signals_per_day, signals_per_hour;"
        " drop index tp_capital_signals_follow_ups",
    )
    with pytest.raises(MigrationError, match="Run `tpcapital db migrate` as the owner"):
        anyio.run(migrate, settings(login(made, API_ROLE)))
    owner = login(made, OWNER)
    assert anyio.run(migrate, settings(owner)) == 1
    assert execute(login(made, API_ROLE), "select * from hit_rates") == []
    assert execute(login(made, GRAFANA), "select * from hit_rates") == []
    verify = CliRunner().invoke(main, ["db", "verify"], env={"TIMESCALEDB_URL": owner})
    assert verify.exit_code == 0, verify.output


def test_grafana_only_reads(made: str) -> None:
    """Every table and view; no writing, not even where it turns read-only off."""
    dsn = login(made, GRAFANA)
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select count(*) from hit_rates").fetchone()
        assert row == (0,)  # found without naming the schema
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        execute(dsn, "delete from messages")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(dsn, "set transaction read write; delete from messages")


def test_again_changes_nothing(made: str) -> None:
    """It may run after every upgrade."""
    assert run(made).exit_code == 0


def test_printing_changes_nothing(database: str) -> None:
    """The SQL is whole: it makes the roles when psql runs it."""
    result = run(database, "--print")
    assert result.exit_code == 0
    assert f'create role "{OWNER}" login' in result.stdout
    query = f"select count(*) from pg_roles where rolname = '{OWNER}'"  # noqa: S608  # ours
    assert execute(database, query) == [(0,)]


def test_who_may_not_make_roles_gets_the_sql(made: str) -> None:
    """Status 1, and nothing is changed."""
    names = ["--owner", "no_one", "--api", "no_api", "--grafana", "no_grafana"]
    line = ["db", "roles", *names]
    result = CliRunner().invoke(main, line, env={"TIMESCALEDB_URL": login(made, OWNER)})
    assert result.exit_code == 1
    assert 'create role "no_one" login' in result.stdout
    assert "may not make roles" in result.stderr
