"""What is committed together, what by itself, and what outside any transaction."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiosqlite
import anyio
import pytest

from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Along, Outbox, Settlement
from gateway_outbox.outbox.outbox_writer import MAX_GROUP, Command
from tests.gateway_outbox.test_outbox import rows
from tests.gateway_outbox.test_outbox_numbers import sample
from tests.messages import message, messages

CREATED = Settlement(1, "delivered", outcome="created")
UPDATED = Settlement(2, "delivered", outcome="updated")
DEAD = Settlement(3, "dead_letter", reason="400")


@asynccontextmanager
async def begun(outbox: Outbox) -> AsyncIterator[list[str]]:
    """The transactions that the writer begins and ends in this block, told by SQLite itself."""
    seen: list[str] = []
    connection = outbox._writer._connection
    await connection.set_trace_callback(
        lambda statement: seen.append(statement) if len(statement.split()) < 3 else None
    )
    try:
        yield seen
    finally:
        await connection.set_trace_callback(lambda _statement: None)


TRANSACTION = ["BEGIN IMMEDIATE", "COMMIT"]


async def test_one_message_is_a_statement_and_several_are_a_transaction(outbox: Outbox) -> None:
    """SQLite makes a transaction of a statement by itself: two steps to its thread fewer."""
    async with begun(outbox) as seen:
        await outbox.append([message(1)], "bot")
        assert seen == []
        await outbox.append([message(2), message(3)], "bot")
        assert seen == TRANSACTION
        await outbox.append([message(4)], "bot", [("mark", [("polled", 7)])])
        assert seen == TRANSACTION * 2


@pytest.mark.parametrize(
    ("settlements", "expected"),
    [
        ([CREATED], []),
        ([DEAD], []),
        ([CREATED, UPDATED], TRANSACTION),
        ([CREATED, DEAD], TRANSACTION),
        ([CREATED, UPDATED, DEAD], TRANSACTION),
    ],
)
async def test_what_became_of_one_batch_is_settled_at_once(
    outbox: Outbox, settlements: Sequence[Settlement], expected: list[str]
) -> None:
    """One outcome is one statement; several, or a dead letter beside them, are one transaction."""
    await outbox.append(messages(3), "bot")
    async with begun(outbox) as seen:
        await outbox.settle(settlements)
        assert seen == expected
    assert outbox.pending == 3 - len(settlements)


async def test_a_cursor_is_committed_with_the_messages_that_it_covers(outbox: Outbox) -> None:
    """Both are on disk when the append returns."""
    along: Along = [("mark", [("first", 1), ("second", 2)])]
    assert await outbox.append([message(1)], "bot", along) == (1, 0)
    assert rows(outbox.path, "SELECT name, value FROM mark") == [("first", 1), ("second", 2)]


async def test_a_cursor_that_fails_takes_its_messages_with_it(outbox: Outbox) -> None:
    """Neither the message nor the part of the cursor before the fault is there; then all is."""
    broken: Along = [("mark", [("first", 1)]), ("mark", [("second", None)])]
    async with begun(outbox) as seen:
        with pytest.raises(sqlite3.IntegrityError, match=r"mark\.value"):
            await outbox.append([message(1)], "bot", broken)
        assert seen == ["BEGIN IMMEDIATE", "ROLLBACK"]
    assert rows(outbox.path, "SELECT seq FROM outbox") == []
    assert rows(outbox.path, "SELECT name FROM mark") == []
    assert await outbox.append([message(1)], "bot") == (1, 0)


async def test_a_statement_is_written_and_read_by_its_name(outbox: Outbox) -> None:
    """Each row of values changes what it names; how many rows were changed is told."""
    assert await outbox.write("mark", [("first", 1), ("second", 2)]) == 2
    assert await outbox.read("marked", ("second",)) == [(2,)]
    assert await outbox.write("forget_mark", [("first",), ("third",)]) == 1
    assert await outbox.read("marked", ("first",)) == []


async def test_a_row_is_found_by_its_number_while_it_is_pending(outbox: Outbox) -> None:
    """With everything that a delivery needs; afterwards there is none."""
    await outbox.append([message(1), message(2)], "bot")
    row = await outbox.pending_row(2)
    assert row is not None
    assert [row] == (await outbox.pending_rows(row.channel_id, 10, 1 << 20))[1:]
    await outbox.settle([Settlement(2, "delivered", outcome="created")])
    assert await outbox.pending_row(2) is None


async def test_what_runs_alone_is_in_no_transaction_of_others(outbox: Outbox) -> None:
    """Its neighbours in the queue have theirs before it and after it."""
    inside: list[bool] = []

    async def look(connection: aiosqlite.Connection) -> None:
        inside.append(connection.in_transaction)

    async with anyio.create_task_group() as tasks:
        for alone in (False, True, False, True):
            tasks.start_soon(outbox._writer.submit, Command(look, alone=alone))
    assert inside == [True, False, True, False]


async def test_a_group_is_as_large_as_it_may_be_and_no_larger(
    outbox: Outbox, telemetry: Telemetry
) -> None:
    """One append more than a group holds is the next one's."""
    before = sample(telemetry, "outbox_commit_rows_count")
    async with anyio.create_task_group() as tasks:
        for number in range(1, MAX_GROUP + 2):
            tasks.start_soon(outbox.append, [message(number)], "bot")
    assert sample(telemetry, "outbox_commit_rows_count") == before + 2
    assert outbox.pending == MAX_GROUP + 1
