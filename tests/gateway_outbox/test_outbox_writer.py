"""The writer under cancellation, bad commands, full disks and foreign locks."""

import sqlite3
from pathlib import Path

import aiosqlite
import anyio
import pytest

from contracts.telemetry import Telemetry
from gateway_outbox.errors import OutboxFailedError
from gateway_outbox.outbox.outbox import Outbox, open_outbox
from gateway_outbox.outbox.outbox_writer import Command, OutboxWriter
from tests.gateway_outbox.test_outbox import rows
from tests.messages import message, messages
from tests.waiting import eventually


@pytest.mark.parametrize("after", range(12))
async def test_a_cancelled_append_leaves_no_open_transaction(outbox: Outbox, after: int) -> None:
    """Cancelled at any of its steps, an append is whole or absent, and the next one is safe."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outbox.append, messages(50), "replay")
        for _ in range(after):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert await outbox.append([message(1000)], "bot") == (1, 0)
    found = rows(outbox.path, "SELECT count(*) FROM outbox")[0][0]
    assert found in {1, 51}
    assert outbox.pending == found
    assert not outbox._writer._connection.in_transaction


async def test_a_bad_command_does_not_fail_its_neighbours(outbox: Outbox) -> None:
    """What shares a group with a failing command is committed all the same."""

    async def bad(connection: aiosqlite.Connection) -> None:
        await connection.execute("INSERT INTO outbox (seq) VALUES (1)")

    errors: list[Exception] = []

    async def submit_bad() -> None:
        try:
            await outbox._writer.submit(Command(bad))
        except sqlite3.IntegrityError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outbox.append, [message(1)], "bot")
        tasks.start_soon(submit_bad)
        tasks.start_soon(outbox.append, [message(2)], "bot")
    assert len(errors) == 1
    assert outbox.pending == 2


async def test_a_full_disk_holds_the_append_and_goes_on_by_itself(outbox: Outbox) -> None:
    """No error and no loss: the append returns when there is space again."""
    connection = outbox._writer._connection
    pages = rows(outbox.path, "PRAGMA page_count")[0][0]
    await connection.execute(f"PRAGMA max_page_count = {pages}")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outbox.append, [message(n, "x" * 9000) for n in range(1, 30)], "bot")
        await eventually(lambda: "disk full" in outbox.held)
        assert outbox.pending == 0
        await connection.execute("PRAGMA max_page_count = 1000000")
    assert outbox.pending == 29
    assert outbox.held == ""


async def test_a_foreign_lock_holds_the_append_and_no_more(outbox: Outbox) -> None:
    """A shell that holds a write lock delays the commit; afterwards it is there."""
    await outbox._writer._connection.execute("PRAGMA busy_timeout = 10")
    shell = sqlite3.connect(outbox.path, isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outbox.append, [message(1)], "bot")
        await eventually(lambda: "another program writes" in outbox.held)
        shell.execute("ROLLBACK")
    shell.close()
    assert outbox.pending == 1


async def test_a_stop_amid_a_transaction_lets_it_end_first(
    tmp_path: Path, telemetry: Telemetry
) -> None:
    """What is queued is committed after it: two transactions at once would undo each other."""
    amid, goes_on = anyio.Event(), anyio.Event()

    async def pause(_connection: aiosqlite.Connection) -> None:
        amid.set()
        await goes_on.wait()

    async def go_on() -> None:
        for _ in range(500):  # long enough for a second transaction to begin, were there one
            await anyio.lowlevel.checkpoint()
        goes_on.set()

    path = tmp_path / "outbox.sqlite3"
    async with anyio.create_task_group() as tasks, open_outbox(path, telemetry) as outbox:
        tasks.start_soon(outbox.append, [message(1000)], "bot")
        tasks.start_soon(outbox._writer.submit, Command(pause))
        await amid.wait()
        tasks.start_soon(outbox.append, messages(3), "replay")
        await eventually(lambda: bool(outbox._writer._queue))
        tasks.start_soon(go_on)
    assert rows(path, "SELECT count(*) FROM outbox") == [(4,)]


class DiskError(sqlite3.OperationalError):
    """What SQLite raises when an fsync fails."""

    sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    sqlite_errorname = "SQLITE_IOERR_FSYNC"


async def test_a_failing_disk_ends_the_writer_and_acknowledges_nothing(
    telemetry: Telemetry,
) -> None:
    """After an I/O error nothing is retried on that file: the caller and the task both fail."""

    async def fail(_connection: aiosqlite.Connection) -> None:
        raise DiskError("disk I/O error")

    async with aiosqlite.connect(":memory:", isolation_level=None) as connection:
        writer = OutboxWriter(connection, "outbox.sqlite3", telemetry)

        async def run_and_submit() -> None:
            async with anyio.create_task_group() as tasks:
                await tasks.start(writer.run)
                await writer.submit(Command(fail))

        with pytest.raises(ExceptionGroup) as failure:
            await run_and_submit()
        assert failure.group_contains(OutboxFailedError, match="SQLITE_IOERR_FSYNC")
        assert not connection.in_transaction
