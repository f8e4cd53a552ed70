"""Dropping rows by age: whole chunks where TimescaleDB is, else in batches; exported before.

The ledger is never touched. It knows a message for ever, and the horizon that is set before the
first row goes keeps a signal from coming back when its message is delivered again.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
from psycopg import sql

from contracts.queries import load
from ops.csv_file import write_csv
from ops.db.db import Connection
from ops.db.db_retention_policy import settle_policy
from ops.db.retention_settings import Settings

_QUERIES: Final = load("ops.db", "retention.sql")
_BATCH: Final = 5000
_SIGNALS: Final = "tp_capital_signals"


class Rule(NamedTuple):
    """A table whose rows go by a time of theirs, after some days."""

    table: str
    column: str
    days: int


class Retained(NamedTuple):
    """What a rule did, or would do."""

    table: str
    horizon: datetime | None
    rows: int
    file: str | None


def rules(settings: Settings) -> list[Rule]:
    """What the settings ask for."""
    given = (
        (_SIGNALS, "sent_at", settings.retain_signals_days),
        ("gateway_requests", "requested_at", settings.retain_requests_days),
    )
    return [Rule(table, column, days) for table, column, days in given if days is not None]


def retain(
    connection: Connection, schema: str, wanted: list[Rule], folder: Path | None, *, dry_run: bool
) -> list[Retained]:
    """Apply the rules one after the other; rows go only after they are in a file of `folder`.

    Raises click.ClickException while another retention of the schema runs.
    """
    if not _fetch(connection, "lock_retention", schema=schema)["mine"]:
        raise click.ClickException(f"another retention of schema {schema} is running")
    if not dry_run:
        _settle_policy(connection, schema, wanted, folder)
    return [_apply(connection, schema, rule, folder, dry_run=dry_run) for rule in wanted]


def _settle_policy(
    connection: Connection, schema: str, wanted: list[Rule], folder: Path | None
) -> None:
    """In the Community edition the database goes on by itself, unless a file has to come first."""
    if _is_hypertable(connection, schema=schema, table=_SIGNALS):
        days = next((rule.days for rule in wanted if rule.table == _SIGNALS), None)
        settle_policy(connection, schema, _SIGNALS, None if folder else days)


def _apply(
    connection: Connection, schema: str, rule: Rule, folder: Path | None, *, dry_run: bool
) -> Retained:
    cutoff = datetime.now(UTC) - timedelta(days=rule.days)
    place = {"schema": schema, "table": rule.table}
    chunked = _is_hypertable(connection, **place)
    horizon: datetime | None = cutoff
    if chunked:
        horizon = _fetch(connection, "select_chunk_horizon", cutoff=cutoff, **place)["horizon"]
    if horizon is None:
        return Retained(rule.table, None, 0, None)
    count = connection.execute(_composed("count_older", schema, rule), {"horizon": horizon})
    rows = (count.fetchone() or {"rows": 0})["rows"]
    if dry_run or not rows:
        return Retained(rule.table, horizon, rows, None)
    advance = {"table": rule.table, "horizon": horizon}
    connection.execute(_QUERIES["advance_horizon"], advance)
    file = _export(connection, schema, rule, horizon, folder) if folder else None
    if chunked:
        connection.execute(_QUERIES["drop_chunks"], place | {"horizon": horizon})
    else:
        rows = _delete(connection, schema, rule, horizon)
    return Retained(rule.table, horizon, rows, file)


def _is_hypertable(connection: Connection, **place: str) -> bool:
    installed = "select from pg_extension where extname = 'timescaledb'"
    if connection.execute(installed).fetchone() is None:
        return False
    return bool(_fetch(connection, "select_is_hypertable", **place)["is_hypertable"])


def _delete(connection: Connection, schema: str, rule: Rule, horizon: datetime) -> int:
    """Batch by batch, each its own transaction; returns how many rows went."""
    statement, rows = _composed("delete_older", schema, rule), 0
    while True:
        given = {"horizon": horizon, "limit": _BATCH}
        gone = connection.execute(statement, given).rowcount
        rows += gone
        if gone < _BATCH:
            return rows


def _export(
    connection: Connection, schema: str, rule: Rule, horizon: datetime, folder: Path
) -> str:
    """A file of its own for each run: what an interrupted run exported stays."""
    name = f"{rule.table}-before-{horizon:%Y%m%dT%H%M%SZ}-at-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    path = folder / f"{name}.csv"
    with connection.transaction(), connection.cursor("older") as cursor:
        cursor.execute(_composed("select_older", schema, rule), {"horizon": horizon})
        head = [column.name for column in cursor.description or ()]
        write_csv(path, head, (tuple(row.values()) for row in cursor))
    return str(path)


def _composed(name: str, schema: str, rule: Rule) -> sql.Composed:
    return sql.SQL(_QUERIES[name]).format(
        table=sql.Identifier(schema, rule.table), time=sql.Identifier(rule.column)
    )


def _fetch(connection: Connection, name: str, **parameters: Any) -> dict[str, Any]:
    return connection.execute(_QUERIES[name], parameters).fetchone() or {}
