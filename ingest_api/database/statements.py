"""Statements of their own transaction, by name: what all endpoints but ingest ask the database."""

from typing import Any

import anyio
import psycopg
from psycopg.rows import TupleRow

from ingest_api.database.database import Pool, away, borrowed, is_broken, is_passing
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.sql import QUERIES

SECONDS = 8.0
_NO_SCHEMA = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
)


class Statements:
    """Runs one statement at a time, each committed when its rows are here."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def fetch(
        self, name: str, parameters: dict[str, Any] | None = None, *, seconds: float = SECONDS
    ) -> list[TupleRow]:
        """The statement's rows. Raises DatabaseUnavailableError within `seconds`.

        A statement is sent again when the connection breaks: it may have run twice.
        """
        try:
            with anyio.fail_after(seconds):
                return await self._fetch(name, parameters or {})
        except _NO_SCHEMA as error:
            raise DatabaseUnavailableError(
                "the database is not migrated yet; ask again soon, GET /health tells how it is"
            ) from error
        except psycopg.Error as error:
            if not is_passing(error):
                raise
            raise away(error) from error
        except TimeoutError as error:
            raise DatabaseUnavailableError(
                f"the database did not answer within {seconds:.0f} s; ask again later"
            ) from error

    async def _fetch(self, name: str, parameters: dict[str, Any]) -> list[TupleRow]:
        """Once more than there are connections: each may be one that the server ended."""
        for _ in range(self._pool.max_size):
            try:
                return await self._fetch_once(name, parameters)
            except psycopg.OperationalError as error:
                if not is_broken(error):
                    raise
        return await self._fetch_once(name, parameters)

    async def _fetch_once(self, name: str, parameters: dict[str, Any]) -> list[TupleRow]:
        async with borrowed(self._pool) as connection:
            # Planned anew for the filters that are given; one plan for all would scan.
            cursor = await connection.execute(QUERIES[name], parameters, prepare=False)
            return await cursor.fetchall()
