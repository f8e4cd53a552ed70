"""Fresh PostgreSQL databases for tests: on the embedded server, or on TEST_DATABASE_URL's."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contracts.environment import load
from ingest_api.database.migrate import migrate
from ingest_api.settings import Settings
from ops.embedded_postgres import EmbeddedPostgres

TOKEN = "0123456789abcdef-0123456789abcdef"  # protects nothing

# What a test may do without: a power cut is tested elsewhere.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_numbers = itertools.count(1)


def settings(dsn: str, **variables: str) -> Settings:
    """The API's settings for this database."""
    environ = {"TIMESCALEDB_URL": dsn, "GATEWAY_SECRET_TOKEN": TOKEN, "PORT": "0"}
    return load(Settings, environ | variables)


class TestDatabases:
    """Makes databases on one server, empty or migrated, and drops them."""

    __test__ = False

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._prefix = f"tpcapital_test_{os.getpid()}"
        self._template: str | None = None
        with psycopg.connect(dsn) as connection:
            query = "select from pg_available_extensions where name = 'timescaledb'"
            self._has_timescaledb = connection.execute(query).fetchone() is not None

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The connection string of a database with nothing in it."""
        with self._database("template0") as dsn:
            yield dsn

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The connection string of a database with the API's schema."""
        if self._has_timescaledb:
            # Its background workers sit in every database, so that none can be a template.
            with self.empty() as dsn:
                anyio.run(migrate, settings(dsn))
                yield dsn
            return
        if self._template is None:
            with self._database("template0", keep=True) as dsn:
                anyio.run(migrate, settings(dsn))
                self._template = str(conninfo_to_dict(dsn)["dbname"])
        with self._database(self._template) as dsn:
            yield dsn

    def close(self) -> None:
        """Drop what is left."""
        if self._template:
            self._execute(f'drop database if exists "{self._template}" with (force)')

    @contextmanager
    def _database(self, template: str, *, keep: bool = False) -> Iterator[str]:
        name = f"{self._prefix}_{next(_numbers)}"
        self._execute(f'create database "{name}" template "{template}"')
        try:
            yield make_conninfo(self.dsn, dbname=name)
        finally:
            if not keep:
                self._execute(f'drop database if exists "{name}" with (force)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder for an embedded server, outside pytest's own.

    Each pytest session takes from others the right to pass through pytest's folder; a server that
    runs as `nobody` because we are root would lose its files when a second session starts.
    """
    with TemporaryDirectory(prefix="tpcapital-postgres-") as folder:
        yield Path(folder)


@contextmanager
def databases() -> Iterator[TestDatabases]:
    """Databases for a test session."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        found = TestDatabases(url)
        try:
            yield found
        finally:
            found.close()
        return
    with server_folder() as folder, EmbeddedPostgres(folder, settings=_FAST) as server:
        yield TestDatabases(server.dsn)
