"""Commits that a full disk or a lock holds back: nobody is told a lie, and nothing is lost."""

import sqlite3

import aiosqlite
import anyio
import pytest

from gateway_outbox.outbox import outbox_writer
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.outbox.outbox_writer import Command
from tests.gateway_outbox.test_outbox import rows
from tests.messages import message
from tests.waiting import eventually


@pytest.fixture
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held back is tried again after a hundredth of a second."""
    monkeypatch.setattr(outbox_writer, "HELD_RETRY_SECONDS", 0.01)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged about commits that are held back."""
    records = [r for r in caplog.records if getattr(r, "action", "") == "outbox.held"]
    return [record.getMessage() for record in records]


def sentence(outbox: Outbox, why: str) -> str:
    """The whole of it."""
    return f"outbox {outbox.path}: {why}. Messages are held back until then; none is lost."


@pytest.mark.usefixtures("soon_again")
async def test_a_full_disk_holds_the_append_and_goes_on_by_itself(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    """No error, no loss, and no part of it: it returns when there is space again for the whole."""
    connection = outbox._writer._connection
    pages = rows(outbox.path, "SELECT page_count + 10 FROM pragma_page_count")[0][0]
    await connection.execute(f"PRAGMA max_page_count = {pages}")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outbox.append, [message(n, "x" * 9000) for n in range(1, 30)], "bot")
        await eventually(lambda: "disk full" in outbox.held)
        await eventually(lambda: outbox.held_seconds > 0.1)  # over several attempts
        assert outbox.pending == 0
        assert rows(outbox.path, "SELECT count(*) FROM outbox") == [(0,)]
        await connection.execute("PRAGMA max_page_count = 1000000")
    assert outbox.pending == 29
    assert (outbox.held, outbox.held_seconds) == ("", 0.0)
    assert said(caplog) == [sentence(outbox, "disk full, free space on it")]


@pytest.mark.usefixtures("soon_again")
async def test_a_foreign_lock_holds_the_append_and_no_more(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
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
    assert said(caplog) == [sentence(outbox, "another program writes to it, end that program")]


@pytest.mark.usefixtures("soon_again")
async def test_a_locked_table_holds_the_command(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite's other word for a lock: rolled back, and done when the lock is gone."""
    locks = ["PRAGMA wal_checkpoint(TRUNCATE)"]  # which no transaction may that has written

    async def write(connection: aiosqlite.Connection) -> None:
        await connection.execute("INSERT INTO mark VALUES ('polled', 7)")
        if locks:
            await connection.execute(locks.pop())

    await outbox._writer.submit(Command(write))
    assert rows(outbox.path, "SELECT name, value FROM mark") == [("polled", 7)]
    assert said(caplog) == [sentence(outbox, "another program writes to it, end that program")]
