"""`tpcapital db retain`: rows go by age, into a file before, and never come back."""

import csv
import json
import stat
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from click.testing import CliRunner, Result

from contracts.message import Message
from contracts.metrics import API
from contracts.telemetry import Telemetry
from ingest_api.database.database import open_pool
from ingest_api.ingest.delivery import Delivery
from ingest_api.ingest.store import Store
from ops.cli import main
from tests.ingest_api.messages import SIGNAL
from tests.postgres import settings

NOW = datetime.now(UTC).replace(microsecond=0)
CHANNEL = -1001234567890
AGES = (1, 20, 200, 400, 401)


def message(number: int, age: int, text: str = SIGNAL, **fields: Any) -> Message:
    """A signal sent so many days ago."""
    return Message(
        channel_id=CHANNEL,
        message_id=number,
        text=text,
        timestamp=NOW - timedelta(days=age),
        **fields,
    )


async def _deliver(dsn: str, messages: list[Message]) -> None:
    telemetry = Telemetry(API, "test", "0")
    async with open_pool(settings(dsn)) as pool:
        await Store(pool, telemetry).record([Delivery.of(each) for each in messages])
    telemetry.close()


def deliver(dsn: str, *messages: Message) -> None:
    """Store messages as the API does."""
    anyio.run(partial(_deliver, dsn, list(messages)))


def run(dsn: str, *arguments: str, **environ: str) -> Result:
    """`tpcapital db retain` on that database."""
    line = ["db", "retain", "--json", *arguments]
    return CliRunner().invoke(main, line, env={"TIMESCALEDB_URL": dsn, **environ})


def retained(dsn: str, *arguments: str, **environ: str) -> Any:
    """Its report."""
    result = run(dsn, *arguments, **environ)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def numbers(dsn: str, table: str = "tp_capital_signals") -> list[int]:
    """The messages that have a row in a table."""
    with psycopg.connect(dsn) as connection:
        query = f"select message_id from tp_capital.{table} order by 1"  # noqa: S608  # ours
        return [row[0] for row in connection.execute(query.encode())]


@pytest.fixture
def filled(database: str) -> str:
    """Signals 1 to 5, sent 1, 20, 200, 400 and 401 days ago."""
    deliver(database, *(message(number, age) for number, age in enumerate(AGES, 1)))
    return database


def test_nothing_goes_where_nothing_is_set(filled: str) -> None:
    """Retention is off by default."""
    assert retained(filled) == []
    assert numbers(filled) == [1, 2, 3, 4, 5]


def test_a_dry_run_counts_only(filled: str) -> None:
    """Whole chunks of thirty days with TimescaleDB: signal 3 may or may not be in one that goes."""
    (found,) = retained(filled, "--dry-run", RETAIN_SIGNALS_DAYS="100")
    assert (found["table"], found["rows"], found["file"]) == ("tp_capital_signals", 3, None)
    assert numbers(filled) == [1, 2, 3, 4, 5]


def test_old_signals_go_and_the_ledger_stays(filled: str) -> None:
    """The second run finds nothing more."""
    (found,) = retained(filled, RETAIN_SIGNALS_DAYS="300")
    assert found["rows"] == 2
    assert numbers(filled) == [1, 2, 3]
    assert numbers(filled, "messages") == [1, 2, 3, 4, 5]
    assert retained(filled, RETAIN_SIGNALS_DAYS="300")[0]["rows"] == 0


def test_a_replay_does_not_bring_a_signal_back(filled: str) -> None:
    """Not as it was, not with a later sequence, not as an edit; what is young enough is edited."""
    retained(filled, RETAIN_SIGNALS_DAYS="300")
    other = SIGNAL.replace("0,52", "0,61")
    for number, age in enumerate(AGES, 1):
        deliver(filled, message(number, age))
        deliver(filled, message(number, age, sequence=99))
        deliver(filled, message(number, age, other, sequence=100, edited_at=NOW))
    assert numbers(filled) == [1, 2, 3]
    with psycopg.connect(filled) as connection:
        stops = connection.execute("select distinct stop::text from tp_capital.tp_capital_signals")
        assert stops.fetchall() == [("0.61",)]


def test_a_message_first_seen_after_its_time_has_no_signal(filled: str) -> None:
    """It is in the ledger all the same."""
    retained(filled, RETAIN_SIGNALS_DAYS="300")
    deliver(filled, message(6, 450), message(7, 5))
    assert numbers(filled) == [1, 2, 3, 7]
    assert numbers(filled, "messages") == [1, 2, 3, 4, 5, 6, 7]


def test_what_goes_is_in_a_file_before(filled: str, tmp_path: Path) -> None:
    """A CSV of mode 0600, in which no text is a formula."""
    deliver(filled, message(8, 500, "=HYPERLINK(0)\n" + SIGNAL))
    (found,) = retained(filled, "--export", str(tmp_path), RETAIN_SIGNALS_DAYS="300")
    path = Path(found["file"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted(row["message_id"] for row in rows) == ["4", "5", "8"]
    assert rows[0]["raw_message"].startswith("'=HYPERLINK(0)")
    assert rows[0]["channel_id"] == str(CHANNEL)
    assert numbers(filled) == [1, 2, 3]


def test_an_export_that_fails_drops_nothing(filled: str, tmp_path: Path) -> None:
    """The folder is a file."""
    (tmp_path / "file").touch()
    result = run(filled, "--export", str(tmp_path / "file" / "x"), RETAIN_SIGNALS_DAYS="300")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert numbers(filled) == [1, 2, 3, 4, 5]


def execute(dsn: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement in our schema."""
    with psycopg.connect(dsn, options="-c search_path=tp_capital,public") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_what_a_policy_may_have_dropped_does_not_come_back(filled: str) -> None:
    """The trigger looks at a policy's age too, whether or not the command ever ran since."""
    execute(filled, "delete from tp_capital_signals where message_id > 3")
    execute(filled, "insert into retention values ('tp_capital_signals', '-infinity', '300 days')")
    deliver(filled, *(message(number, age, sequence=9) for number, age in enumerate(AGES, 1)))
    deliver(filled, message(6, 450), message(7, 5))
    assert numbers(filled) == [1, 2, 3, 7]


def test_the_community_edition_goes_on_by_itself(filled: str) -> None:
    """A policy of the same age; none when a file has to come first, or when nothing is set."""
    if execute(filled, "select current_setting('timescaledb.license', true)") != [("timescale",)]:
        pytest.skip("only the Community edition has policies")
    jobs = (
        "select job_id from timescaledb_information.jobs where proc_name = 'policy_retention'"
        " and hypertable_name = 'tp_capital_signals'"
    )
    retained(filled, RETAIN_SIGNALS_DAYS="500")
    ((job,),) = execute(filled, jobs)
    retained(filled, RETAIN_SIGNALS_DAYS="300")
    ((job,),) = execute(filled, jobs)
    deliver(filled, message(9, 250))
    with psycopg.connect(filled, autocommit=True) as connection:
        connection.execute("call public.run_job(%s)", [job])
    deliver(filled, *(message(number, age, sequence=9) for number, age in enumerate(AGES, 1)))
    assert numbers(filled) == [1, 2, 3, 9]
    retained(filled)
    assert execute(filled, jobs) == []
    assert execute(filled, "select policy_age from retention") == [(None,)]


def test_requests_go_by_their_own_setting(filled: str) -> None:
    """In batches, without TimescaleDB's help."""
    with psycopg.connect(filled) as connection:
        connection.execute(
            "insert into tp_capital.gateway_requests (kind, requested_at)"
            " select 'sync', now() - n * interval '1 hour' from generate_series(1, 12000) n"
        )
    (found,) = retained(filled, RETAIN_REQUESTS_DAYS="10")
    assert found["rows"] == 12000 - 239
    assert numbers(filled) == [1, 2, 3, 4, 5]


def test_a_setting_that_is_no_number_of_days_is_told(filled: str) -> None:
    """Wrong use, status 2."""
    result = run(filled, RETAIN_SIGNALS_DAYS="0")
    assert result.exit_code == 2
    assert "RETAIN_SIGNALS_DAYS" in result.stderr
