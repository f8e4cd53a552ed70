"""The writer under cancellation, bad commands, stops and failing disks."""

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


@pytest.mark.parametrize(
    ("values", "kind"), [((None,), sqlite3.IntegrityError), ((), sqlite3.ProgrammingError)]
)
async def test_a_bad_command_does_not_fail_its_neighbours(
    outbox: Outbox, values: tuple[None, ...], kind: type[sqlite3.Error]
) -> None:
    """What shares a group is committed all the same, whether SQLite refuses it or Python."""

    async def bad(connection: aiosqlite.Connection) -> None:
        await connection.execute("INSERT INTO outbox (channel_id) VALUES (?)", values)

    errors: list[Exception] = []

    async def submit_bad() -> None:
        try:
            await outbox._writer.submit(Command(bad))
        except kind as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outbox.append, [message(1)], "bot")
        tasks.start_soon(submit_bad)
        tasks.start_soon(outbox.append, [message(2)], "bot")
    assert len(errors) == 1
    assert outbox.pending == 2


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


async def failed_disk(telemetry: Telemetry, behind: Command[None]) -> BaseException:
    """How a writer ends whose disk fails, with a command queued behind the one that met it."""

    async def fail(_connection: aiosqlite.Connection) -> None:
        raise DiskError("disk I/O error")

    async with aiosqlite.connect(":memory:", isolation_level=None) as connection:
        writer = OutboxWriter(connection, "outbox.sqlite3", telemetry)
        assert (writer.held, writer.held_seconds) == ("", 0.0)

        async def run_and_submit() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(writer.submit, Command(fail))
                tasks.start_soon(writer.submit, behind)
                await eventually(lambda: len(writer._queue) == 2)
                await tasks.start(writer.run)

        with pytest.raises(ExceptionGroup) as failure:
            await run_and_submit()
        await writer.finish()
        assert not connection.in_transaction
    return failure.value.exceptions[0]


async def test_a_failing_disk_ends_the_writer_and_acknowledges_nothing(
    telemetry: Telemetry,
) -> None:
    """After an I/O error nothing is tried on that file, not even what is queued, at the end."""
    tried: list[str] = []

    async def note(_connection: aiosqlite.Connection) -> None:
        tried.append("on the failed file")

    failed = await failed_disk(telemetry, Command(note, alone=True))
    assert isinstance(failed, OutboxFailedError)
    assert str(failed).startswith(
        "outbox outbox.sqlite3 failed: SQLITE_IOERR_FSYNC: disk I/O error. Nothing unwritten"
    )
    assert isinstance(failed.__cause__, DiskError)  # by which the next start knows what it was
    assert tried == []
