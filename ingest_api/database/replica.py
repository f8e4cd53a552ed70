"""Reads that a replica answers, never older than the primary was when they were asked for.

Why they may not be older, and what happens without the one or the other: docs/adr/read-replica.md.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import psycopg
from psycopg.rows import TupleRow

from contracts.telemetry import Telemetry
from ingest_api.database.database import Pool, open_pool
from ingest_api.database.statements import SECONDS, Statements
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.settings import Settings

_log = logging.getLogger(__name__)

# What GET routes ask. Health, the gateway's line and the stream's feed are about the primary.
READS: Final = frozenset(
    {
        *("select_signals", "select_channels", "select_messages", "select_revisions"),
        *("select_telegram_channels", "select_telegram_bots", "select_malformed"),
        *("select_overview", "select_hours", "select_channel_activity", "select_choices"),
    }
)
_PRIMARY_SECONDS = 1.0
_REPLICA_SECONDS = 1.0
_BEHIND_SECONDS = 0.2
_LOOK_SECONDS = 0.01
_PAUSE_SECONDS = 5.0


class ReplicaStatements(Statements):
    """Statements on the primary, and those of READS on a replica as long as it keeps up."""

    def __init__(self, pool: Pool, replica: Pool, telemetry: Telemetry) -> None:
        super().__init__(pool)
        self._replica = Statements(replica)
        self._telemetry = telemetry
        self._is_away = False
        self._next_try = 0.0

    async def fetch(
        self, name: str, parameters: dict[str, Any] | None = None, *, seconds: float = SECONDS
    ) -> list[TupleRow]:
        """The statement's rows. Raises DatabaseUnavailableError when neither server answers.

        Also for a statement that the replica gave up for its length.
        """
        if name not in READS:
            return await super().fetch(name, parameters, seconds=seconds)
        rows = await self._from_replica(name, parameters)
        server = "primary" if rows is None else "replica"
        self._telemetry.add("api_reads_total", server=server)
        if rows is None:
            rows = await super().fetch(name, parameters, seconds=seconds)
        return rows

    async def _from_replica(
        self, name: str, parameters: dict[str, Any] | None
    ) -> list[TupleRow] | None:
        """The rows, or None where the primary has to be asked."""
        now = anyio.current_time()
        if self._is_away:
            if now < self._next_try:
                return None
            self._next_try = now + _PAUSE_SECONDS  # one tries, the others need not wait for it
        try:
            if not await self._has_caught_up():
                return None
            rows = await self._replica.fetch(name, parameters)
        except DatabaseUnavailableError as error:
            if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                raise  # too much for one server is too much for the other, which has work to do
            self._leave(error)
            return None
        if self._is_away:
            self._is_away = False
            _log.info("reads go to the replica again", extra={"action": "replica.back"})
        return rows

    async def _has_caught_up(self) -> bool:
        """Whether the replica has all that the primary has committed, after a moment at most."""
        try:
            ((place,),) = await super().fetch("select_wal_place", seconds=_PRIMARY_SECONDS)
        except DatabaseUnavailableError:
            return True  # as it is, the replica is the newest there is to be had
        deadline = anyio.current_time() + _BEHIND_SECONDS
        while True:
            ((there,),) = await self._replica.fetch(
                "select_has_replayed", {"place": place}, seconds=_REPLICA_SECONDS
            )
            if there or anyio.current_time() > deadline:
                return bool(there)
            await anyio.sleep(_LOOK_SECONDS)

    def _leave(self, error: DatabaseUnavailableError) -> None:
        self._next_try = anyio.current_time() + _PAUSE_SECONDS
        if not self._is_away:
            self._is_away = True
            _log.warning(
                "the replica does not answer, the primary is read instead: %s",
                error,
                extra={"action": "replica.away"},
            )


@asynccontextmanager
async def open_replica(settings: Settings) -> AsyncIterator[Pool | None]:
    """The pool of TIMESCALEDB_READ_URL; None where it is not set."""
    conninfo = settings.read_conninfo()
    if conninfo is None:
        yield None
        return
    async with open_pool(settings, conninfo, "reads") as pool:
        yield pool
