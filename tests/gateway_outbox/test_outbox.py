"""The outbox on real files."""

import sqlite3
from pathlib import Path

import anyio
import pytest

from contracts import wire
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox, Settlement, open_outbox
from tests.messages import CHANNEL, message, messages


def rows(path: Path, question: str) -> list[tuple[object, ...]]:
    """What the file says to a reader beside its owner."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


async def test_append_is_on_disk_when_it_returns(outbox: Outbox) -> None:
    """Another process sees the row as soon as append has returned."""
    appended = await outbox.append([message(1, "Ativo: PETR4")], "replay")
    assert appended == (1, 0)
    (payload,) = rows(outbox.path, "SELECT payload FROM outbox WHERE state = 'pending'")[0]
    assert isinstance(payload, bytes)
    assert wire.decode_message(payload).text == "Ativo: PETR4"


async def test_the_same_revision_twice_is_one_row(outbox: Outbox) -> None:
    """A message from two sources, or received again, is stored once."""
    await outbox.append([message(1), message(2)], "bot")
    assert await outbox.append([message(2), message(3)], "user") == (1, 1)
    assert outbox.pending == 3


async def test_an_edit_is_a_row_of_its_own(outbox: Outbox) -> None:
    """Each edit is kept, also two different texts of the same second."""
    edits = [message(1, "a"), message(1, "b", edited=5), message(1, "c", edited=5)]
    assert await outbox.append(edits, "bot") == (3, 0)
    assert await outbox.append(edits, "bot") == (0, 3)


async def test_pending_rows_come_in_order_and_within_limits(outbox: Outbox) -> None:
    """The oldest first, never more than asked, and at least one however large."""
    await outbox.append(messages(200, channels=2), "replay")
    found = await outbox.pending_rows(CHANNEL, 70, 1 << 20)
    assert [row.seq for row in found] == list(range(1, 141, 2))
    assert len(await outbox.pending_rows(CHANNEL, 70, 1)) == 1
    assert await outbox.pending_channels() == [CHANNEL, CHANNEL - 1]


async def test_settled_rows_leave_the_queue_with_their_outcome(outbox: Outbox) -> None:
    """Delivered and dead rows are no longer pending; the counts follow."""
    await outbox.append(messages(3), "replay")
    await outbox.settle(
        [Settlement(1, "delivered", outcome="created"), Settlement(2, "dead_letter", reason="400")]
    )
    assert (outbox.pending, outbox.dead_letters) == (1, 1)
    assert rows(outbox.path, "SELECT seq, state, outcome, reason FROM outbox ORDER BY seq") == [
        (1, "delivered", "created", None),
        (2, "dead_letter", None, "400"),
        (3, "pending", None, None),
    ]


async def test_a_settled_row_is_not_settled_again(outbox: Outbox) -> None:
    """A late answer changes nothing on a row that an operator discarded meanwhile."""
    await outbox.append(messages(1), "replay")
    await outbox.discard([1], "operator's test")
    await outbox.settle([Settlement(1, "delivered", outcome="created")])
    assert rows(outbox.path, "SELECT state, reason FROM outbox") == [
        ("discarded", "operator's test")
    ]
    assert outbox.pending == 0


async def test_retry_makes_dead_letters_pending(outbox: Outbox) -> None:
    """One by number, or all that are dead; a delivered row stays delivered."""
    await outbox.append(messages(4), "replay")
    dead = [Settlement(seq, "dead_letter", reason="422") for seq in (1, 2, 3)]
    await outbox.settle([*dead, Settlement(4, "delivered", outcome="created")])
    assert await outbox.retry([1, 4]) == 1
    assert await outbox.retry(None) == 2
    assert (outbox.pending, outbox.dead_letters) == (3, 0)


async def test_purge_forgets_settled_rows_only(outbox: Outbox) -> None:
    """Whatever the age, a pending row or dead letter is never deleted."""
    await outbox.append(messages(3), "replay")
    await outbox.settle(
        [Settlement(1, "delivered", outcome="created"), Settlement(2, "dead_letter", reason="400")]
    )
    assert await outbox.purge(before_ms=1 << 60, limit=500) == 1
    assert rows(outbox.path, "SELECT seq FROM outbox ORDER BY seq") == [(2,), (3,)]
    assert rows(outbox.path, "SELECT name, value FROM counter ORDER BY name") == [
        ("appended", 3),
        ("purged", 1),
    ]


async def test_the_file_itself_refuses_to_lose_a_row(outbox: Outbox) -> None:
    """Not even SQL typed into a shell deletes a pending row or changes what was received."""
    await outbox.append(messages(1), "replay")
    connection = sqlite3.connect(outbox.path)
    for statement in ("DELETE FROM outbox", "UPDATE outbox SET payload = x'00'"):
        with pytest.raises(sqlite3.IntegrityError, match=r"never (deleted|changed)"):
            connection.execute(statement)
    connection.close()


async def test_views_read_well_in_a_shell(outbox: Outbox) -> None:
    """`pending`, `dead_letters` and `summary` show human times and the text."""
    await outbox.append([message(1, "Compra: 1,00"), message(2, "x")], "replay")
    await outbox.settle([Settlement(2, "dead_letter", reason="400: $.text")])
    assert rows(outbox.path, "SELECT kind, text FROM pending") == [("original", "Compra: 1,00")]
    assert rows(outbox.path, "SELECT reason, text FROM dead_letters") == [("400: $.text", "x")]
    assert rows(outbox.path, "SELECT state, rows FROM summary ORDER BY state") == [
        ("dead_letter", 1),
        ("pending", 1),
    ]


async def test_rows_survive_a_restart(tmp_path: Path, telemetry: Telemetry) -> None:
    """What was appended is pending again after closing and opening, and counted."""
    path = tmp_path / "outbox.sqlite3"
    async with open_outbox(path, telemetry) as first:
        await first.append(messages(5), "replay")
    async with open_outbox(path, telemetry) as second:
        assert second.pending == 5
        assert len(await second.pending_rows(CHANNEL, 10, 1 << 20)) == 5
    assert not path.with_name("outbox.sqlite3-wal").exists()


async def test_many_appends_at_once_share_commits(outbox: Outbox) -> None:
    """Concurrent appends are all stored, each exactly once."""
    async with anyio.create_task_group() as tasks:
        for number in range(1, 101):
            tasks.start_soon(outbox.append, [message(number)], "bot")
    assert outbox.pending == 100


async def test_vacuum_gives_space_back(outbox: Outbox) -> None:
    """After a purge the file shrinks."""
    await outbox.append([message(n, "x" * 4000) for n in range(1, 301)], "replay")
    await outbox.settle([Settlement(s, "delivered", outcome="created") for s in range(1, 301)])
    await outbox.purge(before_ms=1 << 60, limit=500)
    before = outbox.size_bytes()
    await outbox.vacuum()
    assert outbox.size_bytes() < before / 4
