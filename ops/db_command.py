"""`tpcapital db`: migrate the database, and tell how it stands."""

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import click

from contracts.environment import SettingsError, load
from ingest_api.errors import MigrationError
from ingest_api.migrate import migrate as apply_migrations
from ingest_api.sql import migrations
from ops import db_retention, db_roles, db_schema, retention_settings
from ops.db import Connection, connected, count, database_settings, fetch, told
from ops.rendering import Facts, Moment, Sheet, Size, json_option, show

F = TypeVar("F", bound=Callable[..., Any])
_EDITIONS = {"apache": "Apache", "timescale": "Community"}


@click.group()
def db() -> None:
    """Migrate the database, and tell how it stands.

    TIMESCALEDB_URL, or TIMESCALEDB_HOST and its companions, say where it is; TIMESCALEDB_SCHEMA
    names the schema.
    """


@db.command()
@json_option
def migrate(*, as_json: bool) -> None:
    """Bring the schema to this program's. Many may start it at once: one migrates, all wait."""
    settings = database_settings()
    with told():
        applied = anyio.run(partial(apply_migrations, settings))
    document = {"schema": settings.timescaledb_schema, "applied": applied}
    show(document, Facts("migrate", document), as_json=as_json)


@db.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show versions, edition, migrations, sizes and row counts."""
    settings = database_settings()
    with connected(settings) as connection:
        document = _status(connection, settings.timescaledb_schema)
    tables = [(t["name"], t["rows"], Size(t["bytes"]), t["chunks"]) for t in document["tables"]]
    facts = {name: value for name, value in document.items() if not isinstance(value, list)}
    applied = [(each["name"], Moment(each["applied_ms"])) for each in document["migrations"]]
    show(
        document,
        Facts("database", facts | {"size_bytes": Size(facts["size_bytes"])}),
        Sheet("migrations", ("name", "applied"), applied, "none is applied"),
        Sheet("tables", ("name", "rows", "bytes", "chunks"), tables, "no table"),
        as_json=as_json,
    )


def _status(connection: Connection, schema: str) -> dict[str, Any]:
    server = fetch(connection, "select_server")[0]
    license_ = server.pop("license")
    server["edition"] = _EDITIONS.get(license_, license_) if server["timescaledb"] else None
    known = {migration.name for migration in migrations()}
    applied = _applied(connection, schema)
    names = {row["name"] for row in applied}
    return server | {
        "schema": schema,
        "missing": len(known - names),
        "newer": len(names - known),
        "migrations": [
            {"name": row["name"], "applied_ms": int(row["applied_at"].timestamp() * 1000)}
            for row in applied
        ],
        "tables": [
            {"name": table["name"], "rows": count(connection, schema, table["name"])} | table
            for table in fetch(connection, "select_tables", schema=schema)
        ],
    }


def _applied(connection: Connection, schema: str) -> list[dict[str, Any]]:
    there = fetch(connection, "select_is_migrated", schema=schema)[0]["is_migrated"]
    return fetch(connection, "select_applied") if there else []


@db.command()
@json_option
def plan(*, as_json: bool) -> None:
    """Show what `migrate` would run, without running it."""
    settings = database_settings()
    with connected(settings) as connection:
        due = db_schema.due(connection, settings.timescaledb_schema)
    document = [{"name": each.name, "purpose": _purpose(each.text)} for each in due]
    rows = [tuple(each.values()) for each in document]
    show(document, Sheet("", ("name", "purpose"), rows, "nothing to migrate"), as_json=as_json)


def _purpose(text: str) -> str:
    """The first sentence of a migration's opening comment."""
    lines = [line.removeprefix("--").strip() for line in text.splitlines()]
    return " ".join(lines).partition(". ")[0]


@db.command()
@json_option
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> None:
    """Compare the schema with what the migrations say; status 1 when it differs.

    What is expected is built in a transaction that is rolled back.
    """
    settings = database_settings()
    schema = settings.timescaledb_schema
    with connected(settings) as connection:
        if missing := db_schema.due(connection, schema):
            raise MigrationError(
                f"{len(missing)} migrations are missing in schema {schema}, the first is"
                f" {missing[0].name}. Run `tpcapital db migrate`, then verify again."
            )
        found = db_schema.differences(connection, schema)
    document = {"sound": not found, "differences": [each._asdict() for each in found]}
    sheet = Sheet("", ("kind", "name", "expected", "found"), found, "sound")
    show(document, sheet, as_json=as_json)
    ctx.exit(1 if found else 0)


@db.command()
@click.option("--dry-run", is_flag=True, help="Count only; drop nothing.")
@click.option(
    "--export",
    "folder",
    envvar="RETAIN_EXPORT_DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write what is dropped to CSV files here first (RETAIN_EXPORT_DIR).",
)
@json_option
def retain(folder: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Drop rows by age, as RETAIN_SIGNALS_DAYS and RETAIN_REQUESTS_DAYS say; unset keeps all.

    With TimescaleDB only chunks that are wholly older go. Messages stay in the ledger, and one that
    is delivered again does not bring a dropped signal back.
    """
    try:
        wanted = db_retention.rules(load(retention_settings.Settings, os.environ))
    except SettingsError as error:
        raise click.UsageError(error.sentences) from error
    found = []
    if wanted:  # a timer may run it where nothing says yet where the database is
        settings = database_settings()
        with connected(settings) as connection:
            schema = settings.timescaledb_schema
            found = db_retention.retain(connection, schema, wanted, folder, dry_run=dry_run)
    document = [each._asdict() | {"horizon": _iso(each.horizon)} for each in found]
    rows = [tuple(each.values()) for each in document]
    sheet = Sheet("", ("table", "horizon", "rows", "file"), rows, "no retention is set")
    show(document, sheet, as_json=as_json)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


@db.command()
@click.option(
    "--owner", default="tpcapital_owner", show_default=True, help="The role that migrates."
)
@click.option("--api", default="tpcapital_api", show_default=True, help="The role of the API.")
@click.option("--grafana", default="grafana", show_default=True, help="The role that only reads.")
@click.option("--print", "prints", is_flag=True, help="Print the SQL; change nothing.")
@click.pass_context
def roles(ctx: click.Context, /, *, prints: bool, **names: str) -> None:
    """Make roles with least privilege: an owner that migrates, the API's, and one that only reads.

    They have no password yet: set one with ALTER ROLE. Where this user may not make roles,
    the SQL is printed for one who may, with status 1.
    """
    settings = database_settings()
    schema, wanted = settings.timescaledb_schema, db_roles.Roles(**names)
    with connected(settings) as connection:
        if due := db_schema.due(connection, schema):
            raise MigrationError(
                f"{len(due)} migrations are missing in schema {schema}; run `tpcapital db migrate`"
            )
        if not prints and db_roles.make(connection, schema, wanted):
            click.echo("roles are as they should be: " + ", ".join(wanted))
            return
        click.echo(db_roles.statements(connection, schema, wanted))
    if not prints:
        click.echo("this user may not make roles: run the above as one who may", err=True)
        ctx.exit(1)
