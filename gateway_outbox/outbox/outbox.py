"""The outbox: every received message, from its commit to its delivery.

Invariants: `append` returns only after the commit with fsync. A row leaves `pending` only by an
answer of the API, or by an operator. Nothing here depends on the clock of the wall but retention.
"""

import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite
import anyio
import anyio.to_thread
import msgspec

from contracts import queries
from contracts.message import Message
from contracts.telemetry import Telemetry
from gateway_outbox.outbox import outbox_file
from gateway_outbox.outbox.outbox_row import row_of
from gateway_outbox.outbox.outbox_writer import Command, OutboxWriter

QUERY = queries.load("gateway_outbox.outbox", "queries.sql")
FINISH_SECONDS = 5.0


# Named statements with their rows of values, run in the transaction of an append: a cursor and the
# messages that it covers are then on disk together or not at all.
Along = Sequence[tuple[str, Sequence[Sequence[object]]]]


class Appended(NamedTuple):
    """What an append did: rows that are new, and revisions that were there already."""

    stored: int
    duplicates: int


class Row(NamedTuple):
    """A pending row as the relay needs it. `appended_ms` is for measuring only."""

    seq: int
    channel_id: int
    payload: bytes
    appended_ms: int
    source: str


class Settlement(NamedTuple):
    """How a pending row leaves the queue: `outcome` of a delivery, or `reason` of a dead letter."""

    seq: int
    state: str
    outcome: str | None = None
    reason: str | None = None


class Outbox:
    """An open outbox. Make one with `open_outbox`."""

    # Both are read from the file before anybody is given the outbox.
    pending: int
    dead_letters: int

    def __init__(
        self, path: Path, writer: OutboxWriter, reader: aiosqlite.Connection, telemetry: Telemetry
    ) -> None:
        self.path = path
        self.unaccounted = 0
        self._writer = writer
        self._reader = reader
        self._telemetry = telemetry
        self._wake: list[Callable[[], None]] = []

    @property
    def held(self) -> str:
        """Why commits are held back now (disk full, file locked by another), or nothing."""
        return self._writer.held

    @property
    def held_seconds(self) -> float:
        """How long commits have been held back, 0 while they are not."""
        return self._writer.held_seconds

    def on_pending(self, wake: Callable[[], None]) -> None:
        """Call `wake` after every commit that left something to deliver."""
        self._wake.append(wake)

    async def append(self, messages: Sequence[Message], source: str, along: Along = ()) -> Appended:
        """Commit received messages; the return is the barrier before any acknowledgement.

        `along` is committed with them. Raises OutboxFailedError when they could not be committed;
        then none may be acknowledged.
        """
        begun = time.perf_counter()
        rows = [row_of(message, source) for message in messages]

        async def insert(connection: aiosqlite.Connection) -> int:
            for query, values in along:
                await connection.executemany(QUERY[query], values)
            return await _count(connection, "append", rows)

        command = Command(insert, lambda count: self._changed(pending=count), len(rows))
        command.is_statement = len(rows) == 1 and not along
        stored = await self._writer.submit(command) if rows or along else 0
        self._telemetry.record("outbox_append_seconds", time.perf_counter() - begun)
        self._telemetry.add("telegram_messages_received_total", len(rows), source=source)
        self._telemetry.add("outbox_duplicates_total", len(rows) - stored)
        return Appended(stored, len(rows) - stored)

    async def write(self, query: str, values: Sequence[Sequence[object]]) -> int:
        """Commit a named statement for each row of values; returns how many rows it changed."""
        command = Command(lambda connection: _count(connection, query, values))
        return await self._writer.submit(command)

    async def read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a named question, as they are committed now."""
        return [tuple(row) for row in await self._reader.execute_fetchall(QUERY[query], values)]

    async def pending_channels(self) -> list[int]:
        """The channels with pending rows, the longest waiting first."""
        rows = await self._reader.execute_fetchall(QUERY["pending_channels"])
        return [row[0] for row in rows]

    async def pending_rows(
        self, channel_id: int, limit: int, max_bytes: int, after: int = 0
    ) -> list[Row]:
        """A channel's oldest pending rows beyond seq `after`: at least one, up to both limits."""
        values = (channel_id, after, limit, max_bytes)
        rows = await self._reader.execute_fetchall(QUERY["pending_rows"], values)
        return [Row(*row) for row in rows]

    async def pending_row(self, seq: int) -> Row | None:
        """One row, or None when it is not pending (any more)."""
        async with self._reader.execute(QUERY["pending_row"], (seq,)) as cursor:
            row = await cursor.fetchone()
        return Row(*row) if row else None

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Commit what became of pending rows. A row that is no longer pending is left alone."""
        if not settlements:
            return
        now = _now_ms()
        done: dict[str | None, list[int]] = {}
        for settlement in settlements:
            if settlement.state == "delivered":
                done.setdefault(settlement.outcome, []).append(settlement.seq)
        # In the file's order: neighbours are then changed while their page is at hand.
        delivered = [(o, now, msgspec.json.encode(sorted(q)).decode()) for o, q in done.items()]
        dead = [(s.reason, now, s.seq) for s in settlements if s.state == "dead_letter"]

        async def update(connection: aiosqlite.Connection) -> tuple[int, int]:
            settled = await _count(connection, "settle_delivered", delivered)
            return settled, await _count(connection, "settle_dead", dead)

        def settled(counts: tuple[int, int]) -> None:
            self._changed(pending=-sum(counts), dead_letters=counts[1])

        command = Command(update, settled, len(settlements))
        command.is_statement = len(delivered) + len(dead) == 1
        await self._writer.submit(command)

    async def retry(self, seqs: Iterable[int] | None) -> int:
        """Make dead letters (None: all of them) pending again; returns how many became so."""
        chosen = None if seqs is None else [(seq,) for seq in seqs]

        async def update(connection: aiosqlite.Connection) -> int:
            if chosen is None:
                return (await connection.execute(QUERY["retry_all"])).rowcount
            return await _count(connection, "retry", chosen)

        changed = await self._writer.submit(Command(update))
        await self.recount()
        return changed

    async def discard(self, seqs: Iterable[int], reason: str) -> int:
        """An operator gives rows up, with a reason that stays beside them; returns how many."""
        values = [(reason, _now_ms(), seq) for seq in seqs]

        async def update(connection: aiosqlite.Connection) -> int:
            return await _count(connection, "discard", values)

        changed = await self._writer.submit(Command(update))
        await self.recount()
        return changed

    async def purge(self, before_ms: int, limit: int) -> int:
        """Forget up to `limit` rows settled before a time; returns how many."""

        async def delete(connection: aiosqlite.Connection) -> int:
            await connection.execute(QUERY["note_purged"], (before_ms, limit))
            gone = (await connection.execute(QUERY["purge"], (before_ms, limit))).rowcount
            if gone:
                await connection.execute(QUERY["count"], (gone, "purged"))
            return gone

        return await self._writer.submit(Command(delete))

    async def vacuum(self) -> None:
        """Give free pages back to the file system, outside any transaction of the writer."""
        # executescript steps a pragma to its end; execute would free a single page.
        command = Command(lambda db: db.executescript(QUERY["vacuum"]), alone=True)
        await self._writer.submit(command)

    async def oldest_pending_seconds(self) -> float:
        """The age of the oldest pending row, 0 without one."""
        heads = await self.read("pending_channels")
        oldest = await self.pending_row(heads[0][1]) if heads else None
        return max(0.0, (_now_ms() - oldest.appended_ms) / 1000) if oldest else 0.0

    async def recount(self) -> None:
        """Take the numbers from the file instead of from what this process added up."""

        async def count(connection: aiosqlite.Connection) -> tuple[int, int]:
            ((pending, dead_letters),) = await connection.execute_fetchall(QUERY["counts"])
            return pending, dead_letters

        def counted(numbers: tuple[int, int]) -> None:
            self.pending, self.dead_letters = numbers
            self._changed()

        await self._writer.submit(Command(count, counted))

    def size_bytes(self) -> int:
        """The file and its write-ahead log. By stat: opening the file would drop SQLite's locks."""
        parts = (self.path.with_name(self.path.name + suffix) for suffix in ("", "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def disk_free_bytes(self) -> int:
        """Free space where the outbox lives."""
        return shutil.disk_usage(self.path.parent).free

    def _changed(self, pending: int = 0, dead_letters: int = 0) -> None:
        self.pending += pending
        self.dead_letters += dead_letters
        if self.pending > 0:
            for wake in self._wake:
                wake()


@asynccontextmanager
async def open_outbox(path: Path, telemetry: Telemetry) -> AsyncIterator[Outbox]:
    """The outbox with its writer running; the caller holds the lock (`outbox_lock.hold`).

    On leaving, what was queued is committed and the write-ahead log is folded into the file.
    Raises OutboxNewerError, OutboxUnusableError, and OutboxFailedError when the disk fails.
    """
    await anyio.to_thread.run_sync(outbox_file.prepare, path)
    with outbox_file.distrusting(path):
        async with _opened(path, telemetry) as outbox:
            yield outbox


@asynccontextmanager
async def _opened(path: Path, telemetry: Telemetry) -> AsyncIterator[Outbox]:
    async with (
        aiosqlite.connect(path, isolation_level=None) as connection,
        aiosqlite.connect(reader_uri(path), uri=True, isolation_level=None) as reader,
    ):
        for name, value in outbox_file.PRAGMAS.items():
            await connection.execute(f"PRAGMA {name} = {value}")
        writer = OutboxWriter(connection, str(path), telemetry)
        outbox = Outbox(path, writer, reader, telemetry)
        try:
            async with anyio.create_task_group() as tasks:
                await tasks.start(writer.run)
                await outbox.recount()
                try:
                    yield outbox
                finally:
                    tasks.cancel_scope.cancel()
        finally:
            # Only now: the writer may have been amid a transaction, and there is one connection.
            with anyio.move_on_after(FINISH_SECONDS, shield=True):
                await writer.finish()


def reader_uri(path: Path) -> str:
    """The address under which anybody may read the outbox beside its owner."""
    return f"{path.resolve().as_uri()}?mode=ro"


async def _count(
    connection: aiosqlite.Connection, query: str, values: Sequence[Sequence[object]]
) -> int:
    return (await connection.executemany(QUERY[query], values)).rowcount if values else 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
