"""The database in a backup: dumped with its counts, restored beside, compared, put in place."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import click
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from contracts.queries import load
from ingest_api.settings import Settings
from ops.backup_manifest import DatabaseFact, TableFact
from ops.db import Connection, told
from ops.pg_tools import Tools

_QUERIES: Final = load("ops", "backup.sql")


class BackupDatabase:
    """The database that settings name. Every method raises click.ClickException in a sentence."""

    def __init__(self, settings: Settings) -> None:
        known = conninfo_to_dict(settings.conninfo())
        self._place = {name: value for name, value in known.items() if name != "options"}
        self._schema = settings.timescaledb_schema
        self.name = str(self._place.get("dbname") or self._place.get("user"))

    def dump(self, take: Callable[[IO[bytes]], None]) -> DatabaseFact:
        """Give the dump to `take`; its counts are of the very snapshot that is dumped."""
        with self._connected(self.name) as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read")
            snapshot = connection.execute(_QUERIES["export_snapshot"]).fetchone() or {}
            fact = self._fact(connection)
            Tools(fact.postgresql).dump(self._place, snapshot["snapshot"], take)
            return fact

    @contextmanager
    def restored(self, dump: Path, fact: DatabaseFact) -> Iterator[str]:
        """A scratch database with the dump in it, compared with its counts; it is dropped after.

        Unless it was put in the database's place meanwhile.
        """
        scratch = f"{fact.database}_restored_{secrets.token_hex(4)}"
        with self._connected("postgres") as connection:
            self._named(connection, "create_database", database=scratch)
        try:
            self._fill(scratch, dump, fact)
            yield scratch
        finally:
            with self._connected("postgres") as connection:
                self._named(connection, "drop_database", database=scratch)

    def swap(self, scratch: str, aside: str) -> None:
        """Give the database's name to `scratch`; the one that had it is called `aside` from now on.

        When the second step fails, the first is undone.
        """
        self._stop_workers(self.name)
        self._stop_workers(scratch)
        with self._connected("postgres") as connection:
            try:
                self._named(connection, "rename_database", database=self.name, name=aside)
            except psycopg.errors.ObjectInUse as error:
                raise click.ClickException(
                    f"database {self.name} is in use: {error.diag.message_detail}"
                    " Stop the API and every other client, then restore again"
                ) from error
            try:
                self._named(connection, "rename_database", database=scratch, name=self.name)
            except BaseException:
                self._named(connection, "rename_database", database=aside, name=self.name)
                raise
        self._workers("start_workers", self.name)

    def _fill(self, scratch: str, dump: Path, fact: DatabaseFact) -> None:
        with self._connected(scratch) as connection:
            without = self._prepare(connection, fact)
        Tools(fact.postgresql).restore(self._place | {"dbname": scratch}, dump, without)
        with self._connected(scratch) as connection:
            if fact.extension_schema:
                self._named(connection, "post_restore", schema=fact.extension_schema)
            faults = _faults(fact, self._fact(connection, fact.schema))
            if connection.execute(_QUERIES["has_stamp"], {"schema": fact.schema}).fetchone():
                table = sql.Identifier(fact.schema, "tp_capital_signals")
                stamp = sql.SQL(_QUERIES["stamp_signals"]).format(table=table)
                connection.execute(stamp)
        if faults:
            raise click.ClickException(f"the restored database differs: {'; '.join(faults)}")

    def _prepare(self, connection: Connection, fact: DatabaseFact) -> set[str]:
        """Make what TimescaleDB wants before a restore; the entries that are there then."""
        if not fact.extension_schema:
            return set()
        home = fact.extension_schema
        self._named(connection, "create_home", schema=home)
        statement = sql.SQL(_QUERIES["create_extension_at"]).format(
            schema=sql.Identifier(home), version=sql.Literal(fact.timescaledb)
        )
        connection.execute(statement)
        self._named(connection, "pre_restore", schema=home)
        return {f"SCHEMA - {home}", "EXTENSION - timescaledb", "COMMENT - EXTENSION timescaledb"}

    def _fact(self, connection: Connection, schema: str | None = None) -> DatabaseFact:
        schema = schema or self._schema
        server = connection.execute(_QUERIES["select_version"]).fetchone() or {}
        tables = connection.execute(_QUERIES["select_backup_tables"], {"schema": schema}).fetchall()
        counts = {row["name"]: _count(connection, schema, row) for row in tables}
        return DatabaseFact(schema=schema, tables=counts, **server)

    def _stop_workers(self, database: str) -> None:
        self._workers("stop_workers", database)

    def _workers(self, name: str, database: str) -> None:
        with self._connected(database) as connection:
            server = connection.execute(_QUERIES["select_version"]).fetchone() or {}
            if server["timescaledb"]:
                connection.execute(_QUERIES[name])

    def _named(self, connection: Connection, statement: str, /, **names: str) -> None:
        given = {key: sql.Identifier(value) for key, value in names.items()}
        connection.execute(sql.SQL(_QUERIES[statement]).format(**given))

    @contextmanager
    def _connected(self, database: str) -> Iterator[Connection]:
        place = {name: str(value) for name, value in self._place.items()} | {"dbname": database}
        with told():
            connection: psycopg.Connection[DictRow] = psycopg.connect(
                make_conninfo(**place), autocommit=True, row_factory=dict_row
            )
            with connection:
                yield connection


def _count(connection: Connection, schema: str, row: dict[str, Any]) -> TableFact:
    name = "count_with_id" if row["has_id"] else "count_without_id"
    table = sql.Identifier(schema, row["name"])
    found = connection.execute(sql.SQL(_QUERIES[name]).format(table=table)).fetchone() or {}
    return TableFact(**found)


def _faults(expected: DatabaseFact, found: DatabaseFact) -> list[str]:
    """A sentence for each table that is not as it was dumped."""
    return [
        f"{name} has {_said(found.tables.get(name))}, not {_said(expected.tables.get(name))}"
        for name in sorted({*expected.tables, *found.tables})
        if expected.tables.get(name) != found.tables.get(name)
    ]


def _said(fact: TableFact | None) -> str:
    return "no such table" if fact is None else f"{fact.rows} rows up to id {fact.newest_id}"
