"""A schema as it is against the schema that the migrations make: each difference by its name."""

import re
import secrets
from typing import NamedTuple

from psycopg import sql

from ingest_api.database.migrate import missing
from ingest_api.sql import Migration, migrations
from ops.db.db import Connection, fetch, set_path

Catalog = dict[tuple[str, str], str]

# What PostgreSQL writes anew when a dump is restored: its own brackets and casts.
_REWRITTEN = re.compile(
    r"[()]|::(?:character varying|text|bigint|interval|timestamp with time zone)(?:\[\])?"
)


class Difference(NamedTuple):
    """One thing that is not as the migrations make it; None where it is not there."""

    kind: str
    name: str
    expected: str | None
    found: str | None


def due(connection: Connection, schema: str) -> list[Migration]:
    """The migrations that `tpcapital db migrate` would run now.

    Raises MigrationError when the database is newer than this program.
    """
    if not fetch(connection, "select_is_migrated", schema=schema)[0]["is_migrated"]:
        return migrations()
    rows = [tuple(row.values())[:3] for row in fetch(connection, "select_applied")]
    return missing(rows, migrations())


def differences(connection: Connection, schema: str) -> list[Difference]:
    """What differs in `schema`, by kind and name.

    The expected schema is built in a transaction that is rolled back: nothing of it is ever seen.
    Needs the right to create schemas in the database.
    """
    found = _catalog(connection, schema)
    expected = _expected(connection, schema)
    return [
        Difference(*thing, expected.get(thing), found.get(thing))
        for thing in sorted({*expected, *found})
        if _compared(thing, expected) != _compared(thing, found)
    ]


def _compared(thing: tuple[str, str], catalog: Catalog) -> str | None:
    """The definition without what a dump and its restore change in checks and views."""
    definition = catalog.get(thing)
    if definition is None or thing[0] not in ("constraint", "view"):
        return definition
    return "".join(_REWRITTEN.sub(" ", definition).split())


def _expected(connection: Connection, schema: str) -> Catalog:
    """What the migrations would make in `schema`; functions carry the path they were made with."""
    scratch = f"tpcapital_verify_{secrets.token_hex(8)}"
    with connection.transaction(force_rollback=True):
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(scratch)))
        set_path(connection, scratch, _home_of_timescaledb(connection) or "public")
        for migration in migrations():
            connection.execute(migration.text.encode())
        made = _catalog(connection, scratch)
    return {thing: definition.replace(scratch, schema) for thing, definition in made.items()}


def _catalog(connection: Connection, schema: str) -> Catalog:
    # Definitions name what is not on the path; ours is, whichever schema it is.
    set_path(connection, schema, _home_of_timescaledb(connection) or "public")
    rows = fetch(connection, "select_catalog", schema=schema)
    if _home_of_timescaledb(connection):
        rows += fetch(connection, "select_partitions", schema=schema)
    return {(row["kind"], row["name"]): " ".join(row["definition"].split()) for row in rows}


def _home_of_timescaledb(connection: Connection) -> str | None:
    found = fetch(connection, "select_home")
    return str(found[0]["schema"]) if found else None
