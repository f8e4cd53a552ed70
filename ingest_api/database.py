"""The connection pool, and what the driver's errors mean to us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from ingest_api.settings import Settings

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]
Connection = AsyncConnection[TupleRow]

# The label values of api_timescaledb_errors_total.
Trouble = Literal["connection", "timeout", "conflict", "data", "other"]

_STATE_CLASSES: dict[str, Trouble] = {
    "08": "connection",  # connection exception
    "53": "connection",  # insufficient resources
    "57": "connection",  # operator intervention: shutdown, restart
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
}


_NONE_TO_BE_HAD = (PoolTimeout, TooManyRequests, PoolClosed)


@asynccontextmanager
async def open_pool(settings: Settings) -> AsyncIterator[Pool]:
    """A pool that connects in the background and finds back after any outage by itself.

    Its connections are not asked whether they live before each use: whoever meets a broken one
    tries again, see `is_broken`.
    """
    pool: Pool = AsyncConnectionPool(
        settings.conninfo(),
        kwargs={"autocommit": True},
        min_size=min(2, settings.pool_size),
        max_size=settings.pool_size,
        timeout=2,
        max_waiting=64,
        max_lifetime=1800,
        # The pool doubles its pauses; giving up soon has the next request try at once instead.
        reconnect_timeout=1.5,
        open=False,
        name="ingest",
    )
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close(timeout=3)


def is_broken(error: psycopg.Error) -> bool:
    """Whether a connection from the pool turned out dead, so that another one may live.

    After a restart of the server that happens once for each connection in the pool.
    """
    return trouble(error) == "connection" and not isinstance(error, _NONE_TO_BE_HAD)


def trouble(error: psycopg.Error) -> Trouble:
    """Which kind of trouble an error of the driver is."""
    state = error.sqlstate
    if state is None:
        # The pool gave none, or it broke before the server could say why; DataError: our encoding.
        return "data" if isinstance(error, psycopg.DataError) else "connection"
    return _STATES.get(state) or _STATE_CLASSES.get(state[:2], "other")
