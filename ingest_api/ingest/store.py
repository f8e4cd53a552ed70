"""Writing: deliveries in, what became of each out; committed when it returns."""

import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import perf_counter

import anyio
import psycopg

from contracts.metrics import SIGNAL_TYPES
from contracts.telemetry import Telemetry
from contracts.trace import about
from ingest_api.database.database import (
    Connection,
    Pool,
    Trouble,
    away,
    borrowed,
    is_broken,
    said_by,
    trouble,
)
from ingest_api.errors import DatabaseUnavailableError, RejectedError
from ingest_api.ingest import ledger
from ingest_api.ingest.delivery import Delivery
from ingest_api.ingest.ledger import Recorded

_log = logging.getLogger(__name__)

# Below the gateway's time-out of 10 s: it shall hear from us, not from its own clock.
RECORD_SECONDS = 8.0
_CONFLICT_ATTEMPTS = 3
_PAUSE_SECONDS = 0.05

Result = Recorded | RejectedError
_Write = Callable[[Connection, list[Delivery]], Awaitable[ledger.Write]]


class Store:
    """The only writer of messages and signals."""

    def __init__(self, pool: Pool, telemetry: Telemetry) -> None:
        self._pool = pool
        self._telemetry = telemetry

    async def record(self, deliveries: Sequence[Delivery]) -> list[Result]:
        """Write all that the database does not refuse for themselves; committed on return.

        One result for each delivery, in order; each message is written whole or not at all.
        Raises DatabaseUnavailableError within 8 s when nothing can be told; then the same
        deliveries may be sent again without harm.
        """
        try:
            with anyio.fail_after(RECORD_SECONDS):
                return await self._record(list(deliveries))
        except TimeoutError as error:
            self._count("timeout")
            raise DatabaseUnavailableError(
                f"the database did not answer within {RECORD_SECONDS:.0f} s; send again later"
            ) from error

    async def _record(self, deliveries: list[Delivery]) -> list[Result]:
        """Deletions first: a signal that is deleted in its own batch is never shown."""
        deletions = [each for each in deliveries if each.is_deletion]
        if not deletions:
            return await self._record_messages(deliveries)
        marked = iter(_known(await self._divide(ledger.record_deletions, deletions)))
        messages = [each for each in deliveries if not each.is_deletion]
        stored = iter(await self._record_messages(messages))
        return [next(marked if each.is_deletion else stored) for each in deliveries]

    async def _record_messages(self, deliveries: list[Delivery]) -> list[Result]:
        """New messages, nearly all there are, in one round trip; then what is left."""
        if not deliveries:
            return []
        first = await self._divide(ledger.record_new, deliveries)
        known = [each for each, result in zip(deliveries, first, strict=True) if result is None]
        later = iter(await self._divide(ledger.record_known, known) if known else [])
        return _known(next(later) if result is None else result for result in first)

    async def _divide(self, write: _Write, deliveries: list[Delivery]) -> list[Result | None]:
        """Write all at once, or in halves when the database refuses one of them."""
        try:
            return list(await self._attempt(write, deliveries))
        except psycopg.Error as error:
            if trouble(error) != "data":
                raise
            if len(deliveries) == 1:
                return [_rejected(deliveries[0], error)]
        middle = len(deliveries) // 2
        left = await self._divide(write, deliveries[:middle])
        return left + await self._divide(write, deliveries[middle:])

    async def _attempt(
        self, write: _Write, deliveries: list[Delivery]
    ) -> Sequence[Recorded | None]:
        """One transaction, tried again while others get in its way or old connections break."""
        conflicts = broken = 0
        while True:
            try:
                return await self._transaction(write, deliveries)
            except psycopg.Error as error:
                kind = trouble(error)
                self._count(kind)
                conflicts += kind == "conflict"
                broken += is_broken(error)
                if kind in ("data", "other"):
                    raise
                if not _may_repeat(error, conflicts, broken - self._pool.max_size):
                    raise away(error) from error
            if conflicts:
                await anyio.sleep(_PAUSE_SECONDS * conflicts * random.uniform(0.5, 1.5))  # noqa: S311  # spreads retries

    async def _transaction(
        self, write: _Write, deliveries: list[Delivery]
    ) -> Sequence[Recorded | None]:
        started = perf_counter()
        async with borrowed(self._pool) as connection:
            written = await write(connection, deliveries)
        self._telemetry.record("api_transaction_seconds", perf_counter() - started)
        self._telemetry.record("api_transaction_messages", len(deliveries))
        for signal_type in written.signal_types:
            label = signal_type if signal_type in SIGNAL_TYPES else "other"
            self._telemetry.add("api_signals_inserted_total", signal_type=label)
        return written.recorded

    def _count(self, kind: Trouble) -> None:
        self._telemetry.add("api_timescaledb_errors_total", error_type=kind)


def _may_repeat(error: psycopg.Error, conflicts: int, broken: int) -> bool:
    """Whether the next try may fare better; `broken` counts from the size of the pool."""
    if trouble(error) == "conflict":
        return conflicts < _CONFLICT_ATTEMPTS
    return is_broken(error) and broken <= 0


def _known(results: Iterable[Result | None]) -> list[Result]:
    return [result for result in results if result is not None]


def _rejected(delivery: Delivery, error: psycopg.Error) -> RejectedError:
    reason = said_by(error)
    _log.warning(
        "the database refuses message %s/%s: %s",
        *delivery.key,
        reason,
        extra={
            "action": "store.rejected",
            "sqlstate": error.sqlstate,
            **about(*delivery.key, delivery.message.traceparent),
        },
    )
    return RejectedError(f"the database will not take this message as it is: {reason}")
