"""The operator's connection to the database: no service's secrets asked for, plain errors."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import click
import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from contracts.environment import SettingsError, load
from contracts.queries import load as load_queries
from ingest_api.settings import Settings

QUERIES: Final = load_queries("ops", "db.sql")
Connection = psycopg.Connection[DictRow]


def database_settings(dsn: str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Where the database is: `dsn`, else what TIMESCALEDB_* say; nothing else is asked for.

    Raises click.UsageError with a sentence for each fault.
    """
    given = {
        name: value
        for name, value in (os.environ if environ is None else environ).items()
        if name.startswith("TIMESCALEDB_") or name == "CREDENTIALS_DIRECTORY"
    }
    if dsn:
        given["TIMESCALEDB_URL"] = dsn
    try:
        # The gateway's token has no part in this; nobody is asked for it here.
        return load(Settings, given | {"GATEWAY_SECRET_TOKEN": secrets.token_hex(32)})
    except SettingsError as error:
        raise click.UsageError(error.sentences) from error


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """A connection that commits each statement, our schema first, without a time limit.

    Raises click.ClickException in the driver's words.
    """
    with (
        told(),
        psycopg.connect(settings.conninfo(), autocommit=True, row_factory=dict_row) as connection,
    ):
        connection.execute("set statement_timeout = 0")
        connection.execute("set idle_in_transaction_session_timeout = 0")
        yield connection


@contextmanager
def told() -> Iterator[None]:
    """Lets what the database refuses be one sentence for a person."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise click.ClickException(f"the database: {_one_line(error)}") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise click.ClickException(
            f"the database refuses: {error.diag.message_primary}. Connect as the owner of the"
            " schema (TIMESCALEDB_USER), see `tpcapital db roles`"
        ) from error


def _one_line(error: Exception) -> str:
    """The driver's lines as sentences behind each other."""
    return ". ".join(line.strip() for line in str(error).splitlines() if line.strip())


def fetch(connection: Connection, name: str, **parameters: Any) -> list[DictRow]:
    """The rows of a query of db.sql."""
    return connection.execute(QUERIES[name], parameters).fetchall()


def count(connection: Connection, schema: str, table: str) -> int:
    """The exact number of a table's rows."""
    statement = sql.SQL(QUERIES["count_rows"]).format(table=sql.Identifier(schema, table))
    row = connection.execute(statement).fetchone()
    return int(row["rows"]) if row else 0


def set_path(connection: Connection, *schemas: str) -> None:
    """Look for names in these schemas, in this order, from now on."""
    names = sql.SQL(", ").join(sql.Identifier(name) for name in schemas)
    connection.execute(sql.SQL("set search_path = {}").format(names))
