"""`tpcapital db` on real databases."""

import json
import os
import subprocess
import sys
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from ingest_api.sql import migrations
from ops.cli import main
from tests.running_gateway import ROOT

ACTIVE = (
    "create or replace function signal_status(kind text, deleted_at timestamptz, decision text)"
    " returns text language sql immutable return 'active'"
)
NAMES = [migration.name for migration in migrations()]


def run(dsn: str, *arguments: str) -> Result:
    """`tpcapital db …` on that database."""
    return CliRunner().invoke(main, ["db", *arguments], env={"TIMESCALEDB_URL": dsn})


def document(dsn: str, *arguments: str, status: int = 0) -> Any:
    """What `--json` prints."""
    result = run(dsn, *arguments, "--json")
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def execute(dsn: str, statement: str) -> None:
    """Do something behind the program's back."""
    with psycopg.connect(dsn, options="-c search_path=tp_capital,public") as connection:
        connection.execute(statement.encode())


def test_an_empty_database_is_planned_then_migrated(empty_database: str) -> None:
    """The plan names every migration with its purpose; afterwards nothing is left to do."""
    planned = document(empty_database, "plan")
    assert [each["name"] for each in planned] == NAMES
    assert planned[0]["purpose"].startswith("The ledger: one row a message")
    assert document(empty_database, "migrate") == {"schema": "tp_capital", "applied": len(NAMES)}
    assert document(empty_database, "plan") == []
    assert document(empty_database, "migrate")["applied"] == 0
    assert run(empty_database, "plan").stdout.startswith("name\tpurpose\n")


def test_planning_and_status_write_nothing(empty_database: str) -> None:
    """Not even the schema is made."""
    document(empty_database, "plan")
    assert document(empty_database, "status")["missing"] == len(NAMES)
    with psycopg.connect(empty_database) as connection:
        row = connection.execute("select to_regnamespace('tp_capital')").fetchone()
    assert row == (None,)


def test_eight_processes_at_once_migrate_once(empty_database: str) -> None:
    """One migrates, the others wait and find nothing left to do; all succeed."""
    command = [sys.executable, "-c", "from ops.cli import main; main()", "db", "migrate", "--json"]
    environ = {"PATH": os.environ["PATH"], "TIMESCALEDB_URL": empty_database}
    starters = [
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    outputs = [starter.communicate(timeout=100)[0] for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 8
    applied = sorted(json.loads(output)["applied"] for output in outputs)
    assert applied == [0] * 7 + [len(NAMES)]
    assert document(empty_database, "verify") == {"sound": True, "differences": []}


def test_status_tells_versions_sizes_and_rows(database: str) -> None:
    """Exact counts; the edition where TimescaleDB is, None where it is not."""
    found = document(database, "status")
    assert (found["missing"], found["newer"], found["schema"]) == (0, 0, "tp_capital")
    assert [each["name"] for each in found["migrations"]] == NAMES
    tables = {each["name"]: each for each in found["tables"]}
    assert tables["schema_migrations"]["rows"] == len(NAMES)
    assert tables["messages"]["rows"] == 0
    assert tables["messages"]["bytes"] > 0
    assert found["edition"] in ({"Apache", "Community"} if found["timescaledb"] else {None})
    assert "schema_migrations\t" in run(database, "status").stdout


@pytest.mark.parametrize(
    ("change", "kind", "name"),
    [
        ("drop index tp_capital_signals_asset", "index", "tp_capital_signals_asset"),
        ("alter table messages add column extra int", "column", "messages.extra"),
        ("alter table messages alter text drop not null", "column", "messages.text"),
        ("drop view forwarded_messages cascade", "view", "forwarded_messages"),
        (
            ACTIVE,
            "function",
            "signal_status(kind text, deleted_at timestamp with time zone, decision text)",
        ),
        (
            "alter table messages drop constraint messages_decision_check",
            "constraint",
            "messages.messages_decision_check",
        ),
    ],
)
def test_each_difference_has_its_name(database: str, change: str, kind: str, name: str) -> None:
    """Status 1; what is expected stands beside what was found."""
    execute(database, change)
    found = document(database, "verify", status=1)
    assert (kind, name) in [(each["kind"], each["name"]) for each in found["differences"]]


def test_verifying_leaves_nothing_behind(database: str) -> None:
    """The scratch schema is rolled back."""
    document(database, "verify")
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "select count(*) from pg_namespace where nspname like 'tpcapital_verify%'"
        ).fetchone()
    assert row == (0,)


def test_verify_before_migrate_says_what_to_run(empty_database: str) -> None:
    """Missing migrations are one sentence, not a hundred differences."""
    result = run(empty_database, "verify")
    assert result.exit_code == 1
    assert "migrations are missing in schema tp_capital, the first is 0001" in result.stderr
    assert "tpcapital db migrate" in result.stderr


@pytest.mark.parametrize("command", ["migrate", "plan", "verify"])
def test_a_newer_database_is_refused(database: str, command: str) -> None:
    """With the migration's name and what to do; `status` shows it."""
    execute(database, "insert into schema_migrations values (9999, '9999_future.sql', 'x')")
    result = run(database, command)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the database has migration 9999_future.sql")
    assert document(database, "status")["newer"] == 1


def test_a_database_that_is_away_is_one_sentence() -> None:
    """No traceback, and never the password."""
    result = run("postgresql://u:secret-word@127.0.0.1:1/x", "status")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the database: connection failed")
    assert "secret-word" not in result.output


def test_without_settings_it_says_which_are_missing() -> None:
    """Wrong use, status 2; the gateway's token is not asked for."""
    names = ("TIMESCALEDB_URL", "TIMESCALEDB_HOST")
    result = CliRunner().invoke(main, ["db", "plan"], env=dict.fromkeys(names))
    assert result.exit_code == 2
    assert "TIMESCALEDB_HOST is not set" in result.stderr
    assert "GATEWAY" not in result.stderr
