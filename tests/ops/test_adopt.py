"""`tpcapital adopt` on databases as the old system left them: every row accounted for."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ops.cli import main
from ops.dsn_option import password_of
from tests.ops import old_databases as old
from tests.ops.old_databases import MESSAGES, SIGNALS, Trade
from tests.ops.old_shapes import COMPOSE, OLDEST, WORKING
from tests.postgres import TestDatabases
from tests.running_gateway import ROOT
from tests.waiting import until

STATE = {
    "messages": (
        "select channel_id, message_id, sent_at, text, photos, kind, revision, first_seen_at"
        " from tp_capital.messages order by 1, 2"
    ),
    "signals": (
        "select channel_id, message_id, sent_at, asset, buy_min, buy_max, targets, stop, source,"
        " ts, least(created_at, '2026-01-01'), status"
        " from tp_capital.tp_capital_signals order by 1, 2"
    ),
    "account": (
        "select source, row_key, fate, reason, channel_id, message_id"
        " from tp_capital.adopted_rows order by 1, 2"
    ),
}


def run(*arguments: str, dsn: str) -> Result:
    """`tpcapital adopt` from that database."""
    environ = {"OLD_DATABASE_URL": dsn, "PGPASSWORD": password_of(dsn)}
    return CliRunner().invoke(main, ["adopt", *arguments], env=environ)


def adopted(*arguments: str, dsn: str) -> Any:
    """The report of an adoption that succeeds."""
    result = run(*arguments, "--json", dsn=dsn)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        return connection.execute(query.encode()).fetchall()


def state(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that an adoption writes, but for the clock's and the sequences' values."""
    return {name: rows(dsn, query) for name, query in STATE.items()}


def account(report: Any, name: str) -> dict[tuple[str, str], int]:
    """One old table's account by fate and reason."""
    (table,) = [each for each in report["tables"] if each["table"].endswith(name)]
    return {(each["fate"], each["reason"]): each["rows"] for each in table["account"]}


@pytest.fixture(params=[WORKING, COMPOSE, OLDEST], ids=["working", "compose", "oldest"])
def shape(request: pytest.FixtureRequest) -> str:
    """Each shape in turn."""
    return str(request.param)


def messages_of(shape: str) -> dict[str, tuple[int, str, str]]:
    """What becomes of the messages: the other shapes have no photos that could be torn."""
    if shape == WORKING:
        return MESSAGES
    return MESSAGES | {"torn_photos": (10, "kept", old.AS_IT_WAS)}


def signals_of(shape: str) -> dict[str, tuple[int, str, str]]:
    """What becomes of the signals: the oldest shape had six decimals, and rounded nothing."""
    return SIGNALS if shape != OLDEST else SIGNALS | {"rounded": (500, "kept", old.AS_IT_WAS)}


def test_every_row_is_accounted_for(empty_database: str, shape: str, tmp_path: Path) -> None:
    """In place: the account is right to the row, and a second run changes nothing."""
    old.build(empty_database, shape)
    report = adopted("--report", str(tmp_path / "report.csv"), dsn=empty_database)
    name = ".messages" if shape == COMPOSE else ".forwarded_messages"
    assert account(report, ".tp_capital_signals") == old.expected(signals_of(shape))
    assert account(report, name) == old.expected(messages_of(shape))
    assert report["accounted"]
    assert (
        report["missing"]
        == {
            WORKING: [],
            COMPOSE: ["telegram_channels", "telegram_bots", "forwarded_messages"],
            OLDEST: ["telegram_channels", "telegram_bots"],
        }[shape]
    )
    lines = (tmp_path / "report.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "source,row_key,fate,reason,channel_id,message_id,old_row"
    before = state(empty_database)
    assert len(before["account"]) == sum(each["rows"] for each in report["tables"])
    again = adopted(dsn=empty_database)
    assert again["tables"] == report["tables"]
    assert state(empty_database) == before


@pytest.fixture(scope="module")
def working(postgres: TestDatabases) -> Iterator[tuple[str, Any]]:
    """A database of the working shape after its adoption in place, and the report; to read from."""
    with postgres.empty() as dsn:
        old.build(dsn, WORKING)
        yield dsn, adopted(dsn=dsn)


def test_what_the_rows_became(working: tuple[str, Any]) -> None:
    """Prices exact, times right, messages found, nothing twice, no guess where two fit."""
    dsn, _report = working
    found = {
        row[0]: row[1:]
        for row in rows(
            dsn,
            "select message_id, buy_min, targets, ts, created_at, ingested_at, raw_message, status"
            " from tp_capital.tp_capital_signals",
        )
    }
    assert len(found) == sum(n for n, fate, _reason in SIGNALS.values() if fate == "kept") + 100 * 2
    fine = Trade(2001, fine=True)
    assert found[2001][0] == fine.prices[0] == Decimal("21.015")
    assert found[2001][1] == fine.prices[2:5]
    assert found[2801][0] == Trade(2801).prices[0]  # the old parser had read 125
    at = old.sent(2501)  # the old row was three hours off
    assert found[2501][2] == at.timestamp() * 1000
    assert len({values[4] for values in found.values()}) == len(found)
    # The two messages that one old signal fits are both there; the old row is neither.
    assert {found[3001][5], found[3002][5]} == {Trade(20_000).text()}
    assert len([values for values in found.values() if values[5] == Trade(20_000).text()]) == 3
    (first,) = rows(
        dsn,
        "select first_seen_at - sent_at from tp_capital.messages where message_id = 1",
    )
    assert first[0].total_seconds() == 2
    twice = "select 1 from tp_capital.messages group by channel_id, message_id having count(*) > 1"
    assert rows(dsn, twice) == []


def test_the_old_names_still_answer(working: tuple[str, Any]) -> None:
    """Views stand where the old tables were; those are beside, whole, with the old view on them."""
    dsn, _report = working
    columns = ", ".join(old.SIGNAL_COLUMNS)
    shown = rows(dsn, f"select {columns}, id from signals.tp_capital_signals")  # noqa: S608
    assert len(shown) == sum(n for n, fate, _r in SIGNALS.values() if fate == "kept") + 200
    messages = ", ".join(old.MESSAGE_COLUMNS)
    assert rows(dsn, f"select {messages} from signals.forwarded_messages limit 1")  # noqa: S608
    assert rows(dsn, "select count(*) from signals_old.tp_capital_signals") == [(10000,)]
    assert rows(dsn, "select count(*) from signals.recent_signals") == [(10000,)]
    labels = "select label, status from signals.telegram_channels order by id"
    assert rows(dsn, labels) == [("TP Capital", "active"), ("Mesa", "deleted")]


def test_no_bot_token_is_taken_over(working: tuple[str, Any]) -> None:
    """Fingerprint and last four characters stay; a bot without a token is set aside."""
    dsn, report = working
    assert account(report, ".telegram_bots") == {
        ("kept", "as it was"): 1,
        ("set_aside", "it has no token"): 1,
    }
    tokens = rows(dsn, "select token, token_last4 from tp_capital.telegram_bots")
    assert tokens == [("********hing", "hing")]
    kept = rows(dsn, "select old_row from tp_capital.adopted_rows where kind = 'bots'")
    assert kept == [(None,), (None,)]


def test_a_dry_run_tells_the_same_and_changes_nothing(
    empty_database: str, working: tuple[str, Any]
) -> None:
    """Its schema is gone afterwards."""
    old.build(empty_database, WORKING)
    dry = adopted("--dry-run", dsn=empty_database)
    assert dry["tables"] == working[1]["tables"]
    schemas = "select nspname from pg_namespace where nspname like '%tp_capital%'"
    assert rows(empty_database, schemas) == []
    assert rows(empty_database, "select count(*) from signals.tp_capital_signals") == [(10000,)]


def test_into_another_database(postgres: TestDatabases) -> None:
    """The old database stays as it was; the new one holds what an adoption in place gives."""
    with postgres.empty() as source, postgres.empty() as target:
        old.build(source, COMPOSE)
        tables = "select schemaname, relname from pg_stat_user_tables order by 1, 2"
        before = rows(source, tables)
        there = adopted("--to", without_password(target), dsn=source)
        assert rows(source, tables) == before
        here = adopted(dsn=source)
        assert there["tables"] == here["tables"]
        assert state(source) == state(target)


def without_password(dsn: str) -> str:
    """The connection string as it may stand on a command line."""
    given = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    given.pop("password", None)
    return make_conninfo(**given)


def test_killed_again_and_again_it_ends_alike(
    postgres: TestDatabases, working: tuple[str, Any]
) -> None:
    """SIGKILL at random points; what is left over is adopted by the next run."""
    dsn, report = working
    with postgres.empty() as torn:
        old.build(torn, WORKING)
        chance = random.Random(4711)
        seen: list[int] = []
        for _ in range(6):
            goal = len(account_rows(torn)) + chance.randrange(1, 4000)
            kill_after(torn, goal)
            seen.append(len(account_rows(torn)))
        assert 0 < seen[0] < 20_000
        assert seen == sorted(seen)
        assert adopted(dsn=torn)["tables"] == report["tables"]
        assert state(torn) == state(dsn)


def account_rows(dsn: str) -> list[tuple[Any, ...]]:
    """The keys of what is accounted for; none before the table is there."""
    try:
        return rows(dsn, "select row_key from tp_capital.adopted_rows")
    except psycopg.errors.UndefinedTable:
        return []


def kill_after(dsn: str, goal: int) -> None:
    """Start an adoption and kill it once so many rows are accounted for."""
    command = [sys.executable, "-c", "from ops.cli import main; main()", "adopt", "--json"]
    environ = {"OLD_DATABASE_URL": dsn}
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL) as adoption:
        until(lambda: adoption.poll() is not None or len(account_rows(dsn)) >= goal, seconds=60)
        adoption.send_signal(signal.SIGKILL)


def test_old_tables_are_dropped_only_when_accounted_for(empty_database: str) -> None:
    """A row that came later is in the way until it is adopted too."""
    old.build(empty_database, COMPOSE)
    adopted(dsn=empty_database)
    with psycopg.connect(empty_database) as connection:
        connection.execute(
            "insert into signals_old.tp_capital_signals"
            " (channel, signal_type, asset, raw_message, ts) values ('-1', 'x', 'y', 'z', 0)"
        )
    result = run("--drop-old", dsn=empty_database)
    assert result.exit_code == 1
    assert "signals.tp_capital_signals has 10001 rows and 10000 are accounted for" in result.stderr
    adopted(dsn=empty_database)
    dropped = adopted("--drop-old", dsn=empty_database)["dropped"]
    assert dropped == ["forwarded_messages.messages", "signals.tp_capital_signals"]
    assert adopted("--drop-old", dsn=empty_database)["dropped"] == []
    assert rows(empty_database, "select count(*) > 0 from signals.tp_capital_signals") == [(True,)]


def test_a_channel_with_a_name_needs_its_id(empty_database: str) -> None:
    """--channel says which; what was set aside before is not looked at again."""
    old.build(empty_database, WORKING)
    report = adopted("--channel", "Mesa=-1009876543210", dsn=empty_database)
    assert ("set_aside", MESSAGES["nameless"][2]) not in account(report, ".forwarded_messages")
    result = run("--channel", "Mesa", dsn=empty_database)
    assert result.exit_code == 2
    assert "'Mesa' is not NAME=ID" in result.stderr


def test_a_password_on_the_command_line_is_refused() -> None:
    """Everybody on the machine could read it."""
    result = CliRunner().invoke(main, ["adopt", "--from", "postgresql://u:hidden@h/d"])
    assert result.exit_code == 2
    assert "holds a password" in result.stderr
    assert "hidden" not in result.stderr


def test_a_database_without_old_tables_is_fine(empty_database: str) -> None:
    """There is nothing to adopt, and that is said."""
    report = adopted(dsn=empty_database)
    assert report["tables"] == []
    assert report["missing"][0] == "telegram_channels"
