"""Forgetting what was settled long ago."""

import sqlite3
from contextlib import closing

import anyio

from gateway_outbox.outbox.housekeeping import (
    PURGE_ROWS,
    audit,
    keep_house,
    purge_lanes,
    purge_settled,
)
from gateway_outbox.outbox.outbox import Outbox, Settlement
from tests.messages import messages
from tests.waiting import eventually

TOMORROW = -1.0  # keep days: rows settled until tomorrow are old


def rows(outbox: Outbox) -> dict[str, int]:
    """Rows by state, from the file."""
    with closing(sqlite3.connect(f"file:{outbox.path}?mode=ro", uri=True)) as reader:
        return dict(reader.execute("SELECT state, count(*) FROM outbox GROUP BY state"))


async def settled(outbox: Outbox, delivered: int, total: int) -> None:
    """So many rows, the first ones delivered, the next one a dead letter."""
    await outbox.append(messages(total), "replay")
    done = [Settlement(seq, "delivered", outcome="created") for seq in range(1, delivered + 1)]
    await outbox.settle([*done, Settlement(delivered + 1, "dead_letter", reason="422")])


async def test_only_settled_rows_are_forgotten(outbox: Outbox) -> None:
    """A pending row and a dead letter stay, however old."""
    await settled(outbox, 3, 6)
    await outbox.discard([5], "test")
    assert await purge_settled(outbox, TOMORROW) == 4
    assert rows(outbox) == {"pending": 1, "dead_letter": 1}


async def test_what_is_young_is_kept(outbox: Outbox) -> None:
    """Seven days by default."""
    await settled(outbox, 3, 6)
    assert await purge_settled(outbox, 7) == 0
    assert rows(outbox)["delivered"] == 3


async def test_more_rows_than_one_step_go_in_several(outbox: Outbox) -> None:
    """Each transaction stays short, the pass ends when nothing is left."""
    await settled(outbox, 2 * PURGE_ROWS + 1, 2 * PURGE_ROWS + 2)
    assert await purge_settled(outbox, TOMORROW) == 2 * PURGE_ROWS + 1


async def test_the_books_balance_after_a_purge(outbox: Outbox) -> None:
    """Appended = rows + purged."""
    await settled(outbox, 3, 6)
    await purge_settled(outbox, TOMORROW)
    with closing(sqlite3.connect(outbox.path)) as reader:
        assert dict(reader.execute("SELECT * FROM counter")) == {"appended": 6, "purged": 3}


async def test_keeping_house_goes_on_until_cancelled(outbox: Outbox) -> None:
    """It purges at the start and counts afresh what another hand changed."""
    await settled(outbox, 3, 6)
    outbox.pending = 99
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep_house, outbox, TOMORROW)
        await eventually(lambda: outbox.pending == 2)
        assert rows(outbox) == {"pending": 2, "dead_letter": 1}
        tasks.cancel_scope.cancel()


async def test_settled_copies_and_files_are_forgotten(outbox: Outbox) -> None:
    """What waits stays."""
    copies = [(1, "forwarded", 5), (2, "refused", 5), (3, "forwarded", 2**53), (4, "pending", None)]
    files = [(1, "done", 5), (2, "expired", 5), (3, "done", 2**53), (4, "pending", None)]
    with closing(sqlite3.connect(outbox.path)) as writer:
        writer.executemany(
            "INSERT INTO forward (channel_id, message_id, state, settled_ms, queued_ms)"
            " VALUES (-1, ?, ?, ?, 0)",
            copies,
        )
        writer.executemany(
            "INSERT INTO media (channel_id, message_id, state, settled_ms, queued_ms, kind, file)"
            " VALUES (-1, ?, ?, ?, 0, 'photo', 'x')",
            files,
        )
        writer.commit()
        await purge_lanes(outbox, 7)
        copied = writer.execute("SELECT message_id FROM forward").fetchall()
        downloaded = writer.execute("SELECT message_id FROM media").fetchall()
    assert copied == downloaded == [(3,), (4,)]


async def test_a_row_that_went_without_a_purge_is_counted_as_lost(outbox: Outbox) -> None:
    """Whoever deletes from the file is found out: the account is exported as a number."""
    await outbox.append(messages(5), "bot")
    await outbox.settle([Settlement(1, "delivered", outcome="created")])
    await audit(outbox)
    assert outbox.unaccounted == 0
    with closing(sqlite3.connect(outbox.path)) as thief, thief:
        thief.execute("DELETE FROM outbox WHERE seq = 1")
    await audit(outbox)
    assert outbox.unaccounted == 1
