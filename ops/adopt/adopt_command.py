"""`tpcapital adopt`: take over the database of the system before this one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import click
import msgspec
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ingest_api.settings import Settings
from ops.adopt.adopt_drop import drop_old
from ops.adopt.adoption import Adoption, Report
from ops.adopt.old_table import ADOPT, OLD_NAMES
from ops.csv_file import write_csv
from ops.db.db import connected, database_settings, told
from ops.dsn_option import no_password
from ops.file_path import FilePath
from ops.rendering import Facts, Sheet, json_option, show

_DRY_RUN = "_dry_run"
_COLUMNS = ("source", "row_key", "fate", "reason", "channel_id", "message_id", "old_row")


def _channels(
    _ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, int]:
    """`NAME=ID` as a mapping."""
    found = {}
    for pair in given:
        name, _, number = pair.rpartition("=")
        if not name or not number.removeprefix("-").isdigit():
            raise click.BadParameter(f"{pair!r} is not NAME=ID, as in 'TP Capital=-1001234567890'")
        found[name] = int(number)
    return found


@click.command()
@click.option(
    "--from",
    "source",
    envvar="OLD_DATABASE_URL",
    required=True,
    metavar="DSN",
    callback=no_password,
    help="The old database (OLD_DATABASE_URL).",
)
@click.option(
    "--to",
    "target",
    metavar="DSN",
    callback=no_password,
    help="The new database; without it the old database becomes the new one.",
)
@click.option("--dry-run", is_flag=True, help="Tell in numbers what would be done; change nothing.")
@click.option(
    "--channel",
    "channels",
    metavar="NAME=ID",
    multiple=True,
    callback=_channels,
    help="The marked id of a channel that old rows call NAME.",
)
@click.option(
    "--report",
    type=FilePath(),
    help="Write what became of each row to this CSV file (mode 0600).",
)
@click.option(
    "--drop-old", is_flag=True, help="Drop the old tables; every row must be accounted for."
)
@json_option
@click.pass_context
def adopt(ctx: click.Context, /, source: str, target: str | None, **given: Any) -> None:
    """Take over the database of the old system: every row, and an account of every row.

    Messages go into the ledger, signals find their messages, duplicates become one, what is no
    signal is set aside with its reason. Stop the old system first. In place, the old tables go to
    schemas that end in _old, and views take their names. It can be stopped and run again; a second
    run changes nothing but this: a signal that had no message, and whose message has come since,
    becomes that message's own.

    The schema is TIMESCALEDB_SCHEMA (tp_capital).
    """
    old = database_settings(source)
    new = database_settings(target or source)
    in_place = target is None or _is_same(source, target)
    dry_run: bool = given["dry_run"]
    if given["drop_old"] and dry_run:
        raise click.UsageError("Give --drop-old or --dry-run, not both.")
    if given["drop_old"]:
        _drop(old, new, as_json=given["as_json"])
        return
    with told(), _schema(new, dry_run=dry_run) as into:
        report = _adopted(old, into, given, in_place=in_place and not dry_run)
    document = _document(report, dry_run=dry_run, in_place=in_place)
    show(document, *_parts(document), as_json=given["as_json"])
    ctx.exit(0 if document["accounted"] else 1)


def _drop(old: Settings, new: Settings, *, as_json: bool) -> None:
    with told():
        dropped = anyio.run(drop_old, old, new)
    sheet = Sheet("", ("dropped",), [[table] for table in dropped], "no old table is left")
    show({"dropped": dropped}, sheet, as_json=as_json)


def _adopted(old: Settings, into: Settings, given: dict[str, Any], *, in_place: bool) -> Report:
    """Adopt, with the rows counted on the terminal, and written down where that is asked for."""
    shown = _Shown()
    adoption = Adoption(old, into, given["channels"], shown.add)
    report = anyio.run(partial(adoption.run, in_place=in_place))
    shown.end()
    if given["report"]:
        _write_report(into, given["report"])
    return report


def _is_same(source: str, target: str) -> bool:
    """Whether two connection strings mean one database, by what they say."""
    names = ("host", "hostaddr", "port", "dbname")
    one, other = conninfo_to_dict(source), conninfo_to_dict(target)
    return [one.get(name) for name in names] == [other.get(name) for name in names]


@contextmanager
def _schema(settings: Settings, *, dry_run: bool) -> Iterator[Settings]:
    """The settings to adopt with; for a dry run those of a schema that is gone afterwards."""
    if not dry_run:
        yield settings
        return
    scratch = settings.timescaledb_schema + _DRY_RUN
    drop = sql.SQL(ADOPT["drop_schema"]).format(schema=sql.Identifier(scratch))
    with connected(settings) as connection:
        connection.execute(drop)  # of a dry run that was killed
        try:
            yield msgspec.structs.replace(settings, timescaledb_schema=scratch)
        finally:
            connection.execute(drop)


class _Shown:
    """One line on a terminal that counts rows; silent in a pipe."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._shows = sys.stderr.isatty()

    def add(self, table: str, rows: int) -> None:
        """So many rows more of a table are done with."""
        self._rows[table] = self._rows.get(table, 0) + rows
        if self._shows:
            click.echo(f"\r{table}: {self._rows[table]} rows", nl=False, err=True)

    def end(self) -> None:
        """No more rows."""
        if self._shows:
            click.echo(err=True)


def _write_report(settings: Settings, path: Path) -> None:
    """The account row by row, read as it is written."""
    with (
        connected(settings) as connection,
        connection.transaction(),
        connection.cursor("account") as cursor,
    ):
        cursor.execute(ADOPT["select_account_rows"])
        write_csv(path, _COLUMNS, (tuple(row.values()) for row in cursor))


def _document(report: Report, *, dry_run: bool, in_place: bool) -> dict[str, Any]:
    tables = report.tables
    names = {table.table.rpartition(".")[2] for table in tables}
    return {
        "dry_run": dry_run,
        "in_place": in_place,
        "accounted": all(table.rows == table.accounted for table in tables),
        "twins": report.twins,
        "missing": [name for name in OLD_NAMES if name not in names],
        "tables": [
            {
                "table": table.table,
                "rows": table.rows,
                "accounted": table.accounted,
                **table.fates(),
                "account": table.account,
            }
            for table in tables
        ],
    }


def _parts(document: dict[str, Any]) -> Iterator[Facts | Sheet]:
    facts = {name: document[name] for name in ("dry_run", "in_place", "accounted", "twins")}
    yield Facts("adopt", facts | {"missing": ", ".join(document["missing"])})
    counts = ("table", "rows", "kept", "merged", "set_aside")
    yield Sheet("tables", counts, [[t[n] for n in counts] for t in document["tables"]], "none")
    reasons = [
        (table["table"], each["fate"], each["rows"], each["reason"])
        for table in document["tables"]
        for each in table["account"]
    ]
    yield Sheet("account", ("table", "fate", "rows", "reason"), reasons, "no row")
