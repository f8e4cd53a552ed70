"""The one task that writes to the outbox: takes what is queued, commits it as one transaction.

Why one: two tasks on a connection share its transaction (a rollback of one takes the other's row
with it, after it was told "stored"), and a task cancelled inside a statement leaves a transaction
open for the next. So commands queue here, and only this task, shielded, touches the connection.
"""

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import aiosqlite
import anyio
from anyio.abc import TaskStatus

from contracts.telemetry import Telemetry
from gateway_outbox.errors import OutboxFailedError

log = logging.getLogger(__name__)

T = TypeVar("T")
MAX_GROUP = 256
HELD_RETRY_SECONDS = 1.0


@dataclass(eq=False)
class Command(Generic[T]):
    """Statements to run inside a group's transaction, and the place where the caller waits.

    `committed` is called with the result right after the COMMIT, in the order of the commands.
    """

    apply: Callable[[aiosqlite.Connection], Awaitable[T]]
    committed: Callable[[T], None] | None = None
    rows: int = 1
    alone: bool = False  # outside any transaction
    is_statement: bool = False  # a single one, which SQLite makes a transaction of by itself
    result: T | None = None
    error: Exception | None = None
    done: anyio.Event = field(default_factory=anyio.Event)


class OutboxWriter:
    """Runs commands in groups; a command is done when its group's COMMIT (with fsync) returned.

    While one group is in fsync the next gathers: that is the whole of the batching.
    """

    _held_since: float  # by the monotonic clock; of what `held` says

    def __init__(self, connection: aiosqlite.Connection, path: str, telemetry: Telemetry) -> None:
        self._connection = connection
        self._path = path
        self._telemetry = telemetry
        self._queue: deque[Command[Any]] = deque()
        self._queued = anyio.Event()
        self._failed = False
        self.held = ""

    @property
    def held_seconds(self) -> float:
        """How long commits have been held back, 0 while they are not."""
        return time.monotonic() - self._held_since if self.held else 0.0

    async def submit(self, command: Command[T]) -> T:
        """Run the command in the next transaction; returns its result after the commit.

        A caller that is cancelled while it waits does not stop its command: what it handed over is
        committed all the same, only nobody is told. Raises what the command raised.
        """
        self._queue.append(command)
        self._queued.set()
        await command.done.wait()
        if command.error is not None:
            raise command.error
        return command.result  # type: ignore[return-value]  # set by whoever set `done`

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Write until cancelled. Raises OutboxFailedError when the disk or the file fails."""
        task_status.started()
        while True:
            await self._queued.wait()
            group = self._gather()
            if not self._queue:
                self._queued = anyio.Event()
            await self._write(group)

    async def finish(self) -> None:
        """Commit what is still queued: the last thing before the file is closed."""
        while self._queue and not self._failed:
            await self._write(self._gather())

    def _gather(self) -> list[Command[Any]]:
        group = [self._queue.popleft()]
        while self._queue and len(group) < MAX_GROUP:
            if group[0].alone or self._queue[0].alone:
                break
            group.append(self._queue.popleft())
        return group

    async def _write(self, group: list[Command[Any]]) -> None:
        """Commit the group; while disk or lock deny it, hold every caller back and try again."""
        while True:
            with anyio.CancelScope(shield=True):
                error = await self._commit(group)
            if not (held := _is_held(error)):
                break
            self._hold(held)
            await anyio.sleep(HELD_RETRY_SECONDS)
        self.held = ""
        if error is None or len(group) == 1 or isinstance(error, OutboxFailedError):
            self._answer(group, error)
            return
        for command in group:  # one bad command must not fail its neighbours
            await self._write([command])

    def _answer(self, group: list[Command[Any]], error: Exception | None) -> None:
        for command in group:
            command.error = error
            if error is None and command.committed:
                command.committed(command.result)
            command.done.set()
        if isinstance(error, OutboxFailedError):
            self._failed = True
            raise error

    def _hold(self, why: str) -> None:
        if not self.held:
            self._held_since = time.monotonic()
            message = "outbox %s: %s. Messages are held back until then; none is lost."
            log.error(message, self._path, why, extra={"action": "outbox.held"})
        self.held = why

    async def _commit(self, group: list[Command[Any]]) -> Exception | None:
        """One transaction; the error instead of the commit, the transaction rolled back."""
        begun = time.perf_counter()
        try:
            await self._run(group)
        except Exception as error:  # noqa: BLE001  # why: handed to the callers, which raise it
            # SQLite rolls back by itself on some errors; a blind ROLLBACK would mask the first one.
            if self._connection.in_transaction:
                await self._connection.execute("ROLLBACK")
            return _fatal(self._path, error) or error
        self._telemetry.record("outbox_commit_seconds", time.perf_counter() - begun)
        self._telemetry.record("outbox_commit_rows", sum(command.rows for command in group))
        return None

    async def _run(self, group: list[Command[Any]]) -> None:
        if group[0].alone or (len(group) == 1 and group[0].is_statement):
            # one step to the connection's thread and back instead of three
            group[0].result = await group[0].apply(self._connection)
            return
        await self._connection.execute("BEGIN IMMEDIATE")
        for command in group:
            command.result = await command.apply(self._connection)
        await self._connection.execute("COMMIT")


def _is_held(error: Exception | None) -> str | None:
    """What has to end before the same transaction can succeed, or nothing."""
    if not isinstance(error, sqlite3.Error):
        return None
    return {
        sqlite3.SQLITE_FULL: "disk full, free space on it",
        sqlite3.SQLITE_BUSY: "another program writes to it, end that program",
        sqlite3.SQLITE_LOCKED: "another program writes to it, end that program",
    }.get(_primary(error))


def _fatal(path: str, error: Exception) -> OutboxFailedError | None:
    """After a failed fsync the kernel may call lost pages clean: never go on with such a file."""
    fatal = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    if isinstance(error, sqlite3.Error) and _primary(error) in fatal:
        failure = OutboxFailedError(path, f"{error.sqlite_errorname}: {error}")
        failure.__cause__ = error
        return failure
    return None


def _primary(error: sqlite3.Error) -> int:
    # Python's own refusals, of a wrong number of values for one, have none.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
