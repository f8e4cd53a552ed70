"""Bring a database's schema to this program's: each migration once, in order, in a transaction."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from ingest_api.database.database import Connection
from ingest_api.errors import MigrationError
from ingest_api.settings import Settings
from ingest_api.sql import QUERIES, Migration, migrations

_log = logging.getLogger(__name__)


async def migrate(settings: Settings) -> int:
    """Apply what is missing, one program at a time; the number of migrations applied.

    Raises MigrationError when the database is newer than this program or a file was changed after
    it was applied, and psycopg.Error when the database is away.
    """
    connection = await psycopg.AsyncConnection.connect(settings.conninfo(), autocommit=True)
    async with connection:
        # Another program's migration may take long; waiting for it is right.
        await connection.execute("set statement_timeout = 0")
        await connection.execute("set lock_timeout = 0")
        schema = settings.timescaledb_schema
        await connection.execute(QUERIES["lock_migrations"], {"schema": schema})
        if await _is_current(connection, schema):
            return 0  # also as a role that may change nothing
        try:
            await _prepare(connection, schema)
        except psycopg.errors.InsufficientPrivilege as error:
            raise MigrationError(
                f"migrations are missing in schema {schema} and this user may not apply them:"
                f" {error.diag.message_primary}. Run `tpcapital db migrate` as the owner."
            ) from error
        return await _apply_missing(connection)


async def _is_current(connection: Connection, schema: str) -> bool:
    """Whether nothing is left to do. Raises MigrationError as `migrate` does."""
    cursor = await connection.execute(QUERIES["select_has_migrations"], {"schema": schema})
    row = await cursor.fetchone()
    if not row or not row[0]:
        return False
    # Said once more: a schema that another program made while this one connected may be missing
    # from the path as PostgreSQL worked it out (seen in 1 of 480 such starts), and stay so.
    await connection.execute(sql.SQL("set search_path = {}, public").format(sql.Identifier(schema)))
    rows = await (await connection.execute(QUERIES["select_migrations"])).fetchall()
    return not missing(rows, migrations())


async def _prepare(connection: Connection, schema: str) -> None:
    """The schema, its table of migrations, and TimescaleDB where it can be had."""
    await connection.execute(
        sql.SQL("create schema if not exists {}").format(sql.Identifier(schema))
    )
    await connection.execute(QUERIES["create_migrations"])
    available, home = await _extension(connection)
    if available and home is None:
        try:
            await connection.execute(QUERIES["create_extension"])
        except (
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.ObjectNotInPrerequisiteState,
            psycopg.errors.UndefinedFile,
            psycopg.errors.InternalError_,
        ) as error:
            _log.warning(
                "TimescaleDB is there but cannot be used; the tables will be plain: %s",
                error.diag.message_primary,
                extra={"action": "migrate.plain"},
            )
        _, home = await _extension(connection)
    path = sql.SQL(", ").join(sql.Identifier(name) for name in (schema, home or "public"))
    await connection.execute(sql.SQL("set search_path = {}").format(path))


async def _apply_missing(connection: Connection) -> int:
    rows = await (await connection.execute(QUERIES["select_migrations"])).fetchall()
    due = missing(rows, migrations())
    for migration in due:
        await _apply(connection, migration)
    return len(due)


async def _extension(connection: Connection) -> tuple[bool, str | None]:
    row = await (await connection.execute(QUERIES["select_extension"])).fetchone()
    return (row[0], row[1]) if row else (False, None)


def missing(applied: Iterable[Sequence[Any]], known: list[Migration]) -> list[Migration]:
    """Those of `known` that are not applied; `applied` are rows of `select_migrations`.

    Raises MigrationError for one that this program does not know, or whose file was changed.
    """
    files = {migration.version: migration for migration in known}
    for version, name, digest in applied:
        found = files.pop(version, None)
        if found is None:
            raise MigrationError(
                f"the database has migration {name}, which this program does not know:"
                " it was migrated by a newer one. Start that version, or restore a backup."
            )
        if digest != _digest(found):
            raise MigrationError(
                f"migration {name} was changed after it was applied. Restore the file as it was,"
                " and put the change into a new migration."
            )
    return list(files.values())


async def _apply(connection: Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.text)
        noted = {
            "version": migration.version,
            "name": migration.name,
            "sha256": _digest(migration),
        }
        await connection.execute(QUERIES["insert_migration"], noted)
    _log.info("applied migration %s", migration.name, extra={"action": "migrate.applied"})


def _digest(migration: Migration) -> str:
    return hashlib.sha256(migration.text.encode()).hexdigest()
