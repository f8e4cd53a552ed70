"""The connection pool, and what the driver's errors mean to us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from ingest_api.errors import DatabaseUnavailableError
from ingest_api.settings import Settings

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Connection = AsyncConnection[TupleRow]

# The label values of api_timescaledb_errors_total.
Trouble = Literal["connection", "timeout", "conflict", "data", "other"]

_STATE_CLASSES: dict[str, Trouble] = {
    "08": "connection",  # connection exception
    "53": "connection",  # insufficient resources
    "57": "connection",  # operator intervention: shutdown, restart
    "58": "connection",  # the server's own disk: input, output, missing files
    "28": "connection",  # wrong password: mended by an operator, not by the message
    "3D": "connection",  # no such database
    "40": "conflict",  # serialization failure, deadlock
    "22": "data",
    "23": "data",
}
_STATES: dict[str, Trouble] = {
    "57014": "timeout",  # statement_timeout
    "55P03": "timeout",  # lock_timeout
    "25P03": "timeout",  # idle in transaction
    "25006": "connection",  # read-only: a standby that is not promoted yet
    # No rights, no tables: a wrong user or an empty copy. An operator mends it, not the message.
    **dict.fromkeys(("42501", "42P01", "42703", "42883", "3F000"), "connection"),
}
_PASSING: frozenset[Trouble] = frozenset({"connection", "timeout", "conflict"})
# What ends a connection. Others of class 57 and 53 leave it as it is: a new one is no better.
_ENDS = frozenset({"57P01", "57P02", "57P03", "57P04", "57P05", "25P03"})

_NONE_TO_BE_HAD = (PoolTimeout, TooManyRequests, PoolClosed)


@asynccontextmanager
async def open_pool(
    settings: Settings, conninfo: str | None = None, name: str = "ingest"
) -> AsyncIterator[Pool]:
    """A pool that connects in the background and finds back after any outage by itself.

    Its connections are not asked whether they live before each use: whoever meets a broken one
    tries again, see `is_broken`.
    """
    pool = _pool(settings, conninfo or settings.conninfo(), name)
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close(timeout=3)


def _pool(settings: Settings, conninfo: str, name: str) -> Pool:
    """A pool that is not open yet."""
    return AsyncConnectionPool(
        conninfo,
        kwargs={"autocommit": True},
        min_size=min(2, settings.pool_size),
        max_size=settings.pool_size,
        timeout=settings.pool_timeout_ms / 1000,
        max_waiting=64,
        max_lifetime=1800,
        # The pool doubles its pauses; giving up soon has the next request try at once instead.
        reconnect_timeout=1.5,
        open=False,
        name=name,
    )


@asynccontextmanager
async def borrowed(pool: Pool) -> AsyncIterator[Connection]:
    """A connection of the pool, which gets none back that turned out read-only.

    After a failover the old primary may live on as a standby, with our connections to it in the
    best of health; a new one is made to wherever the primary is by then.
    """
    async with pool.connection() as connection:
        try:
            yield connection
        except psycopg.errors.ReadOnlySqlTransaction:
            await connection.close()
            raise


def is_broken(error: psycopg.Error) -> bool:
    """Whether a connection from the pool turned out dead, so that another one may live.

    After a restart of the server that happens once for each connection in the pool.
    """
    state = error.sqlstate
    if state is None:
        return trouble(error) == "connection" and not isinstance(error, _NONE_TO_BE_HAD)
    return state in _ENDS or state.startswith("08")


def is_passing(error: psycopg.Error) -> bool:
    """Whether the same may succeed later without a change of ours: what is answered with 503."""
    return trouble(error) in _PASSING


def said_by(error: psycopg.Error) -> str:
    """Why, in one line: the server's first sentence, or the driver's."""
    return error.diag.message_primary or str(error).strip().partition("\n")[0] or "no answer"


def away(error: psycopg.Error) -> DatabaseUnavailableError:
    """What a client is told of an error that `is_passing`."""
    what = "is away" if isinstance(error, psycopg.OperationalError) else "refuses"
    return DatabaseUnavailableError(f"the database {what}: {said_by(error)}; try again soon")


def trouble(error: psycopg.Error) -> Trouble:
    """Which kind of trouble an error of the driver is."""
    state = error.sqlstate
    if state is None:
        # The pool gave none, or it broke before the server could say why; DataError: our encoding.
        return "data" if isinstance(error, psycopg.DataError) else "connection"
    return _STATES.get(state) or _STATE_CLASSES.get(state[:2], "other")
