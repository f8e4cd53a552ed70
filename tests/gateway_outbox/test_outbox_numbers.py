"""What the outbox says of itself: its counts, ages, sizes and metrics, and whom it wakes."""

import shutil
import sqlite3
import time
from contextlib import closing

from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox, Settlement
from tests.gateway_outbox.test_outbox import rows
from tests.messages import CHANNEL, message, messages

HOUR_MS = 3_600_000


def sample(telemetry: Telemetry, name: str) -> float:
    """What a scrape shows now under this name, labels included."""
    samples = (line.rpartition(" ") for line in telemetry.exposition().decode().splitlines())
    (value,) = [value for found, _, value in samples if found == name]
    return float(value)


def appended_at(outbox: Outbox, ms: int) -> None:
    """Every row there is was appended at this time."""
    with closing(sqlite3.connect(outbox.path)) as clock, clock:
        clock.execute("UPDATE outbox SET appended_ms = ?", (ms,))


async def test_a_new_outbox_has_nothing(outbox: Outbox) -> None:
    """No row, no dead letter, none lost, none held back."""
    assert (outbox.pending, outbox.dead_letters, outbox.unaccounted) == (0, 0, 0)
    assert (outbox.held, outbox.held_seconds) == ("", 0.0)
    assert await outbox.oldest_pending_seconds() == 0.0


async def test_the_counts_add_up_over_several_settlements(outbox: Outbox) -> None:
    """Dead letters of before stay counted."""
    await outbox.append(messages(5), "bot")
    await outbox.settle([Settlement(seq, "dead_letter", reason="400") for seq in (1, 2)])
    await outbox.settle([Settlement(3, "dead_letter", reason="400")])
    assert (outbox.pending, outbox.dead_letters) == (2, 3)


async def test_whoever_delivers_is_woken_while_there_is_something_to_deliver(
    outbox: Outbox,
) -> None:
    """After each commit that leaves a row pending, a single one is enough; after no other."""
    woken: list[int] = []
    outbox.on_pending(lambda: woken.append(outbox.pending))
    await outbox.append(messages(2), "bot")
    await outbox.settle([Settlement(1, "dead_letter", reason="400")])
    assert woken == [2, 1]
    await outbox.settle([Settlement(2, "delivered", outcome="created")])
    assert woken == [2, 1]
    await outbox.retry([1])
    assert woken == [2, 1, 1]


async def test_the_oldest_row_tells_how_long_the_queue_has_waited(outbox: Outbox) -> None:
    """An hour ago: 3600 seconds, and those that the test took; of delivered rows it tells none."""
    await outbox.append([message(1), message(1, channel=CHANNEL - 1)], "bot")
    begun_ms = time.time_ns() // 1_000_000
    appended_at(outbox, begun_ms - HOUR_MS)
    await outbox.append([message(2)], "bot")
    age = await outbox.oldest_pending_seconds()
    assert 3600 <= age <= 3600 + (time.time_ns() // 1_000_000 - begun_ms) / 1000
    await outbox.settle([Settlement(seq, "delivered", outcome="created") for seq in (1, 2)])
    assert await outbox.oldest_pending_seconds() < 3600


async def test_a_clock_set_back_makes_no_age_below_zero(outbox: Outbox) -> None:
    """A row of tomorrow has waited for no time."""
    await outbox.append([message(1)], "bot")
    appended_at(outbox, time.time_ns() // 1_000_000 + 24 * HOUR_MS)
    assert await outbox.oldest_pending_seconds() == 0.0


async def test_its_size_is_that_of_the_file_and_its_log(outbox: Outbox) -> None:
    """Byte for byte; the disk's free space is a part of the disk."""
    await outbox.append(messages(50), "bot")
    log = outbox.path.with_name("outbox.sqlite3-wal")
    assert log.stat().st_size > 0
    assert outbox.size_bytes() == outbox.path.stat().st_size + log.stat().st_size
    assert 0 < outbox.disk_free_bytes() < shutil.disk_usage(outbox.path.parent).total


async def test_what_was_received_and_what_was_there_already_is_counted(
    outbox: Outbox, telemetry: Telemetry
) -> None:
    """By the source that brought it."""
    await outbox.append(messages(3), "bot")
    await outbox.append(messages(5), "user")
    assert sample(telemetry, 'telegram_messages_received_total{source="bot"}') == 3
    assert sample(telemetry, 'telegram_messages_received_total{source="user"}') == 5
    assert sample(telemetry, "outbox_duplicates_total") == 3


async def test_each_commit_is_measured_with_its_rows(outbox: Outbox, telemetry: Telemetry) -> None:
    """Rows of the messages and of what became of them; no longer than they took."""
    before = sample(telemetry, "outbox_commit_rows_sum")
    begun = time.perf_counter()
    await outbox.append(messages(50), "bot")
    took = time.perf_counter() - begun
    assert 0 < sample(telemetry, "outbox_append_seconds_sum") <= took
    done = [Settlement(seq, "delivered", outcome="created") for seq in range(1, 31)]
    await outbox.settle([*done, Settlement(31, "dead_letter", reason="400")])
    assert sample(telemetry, "outbox_commit_rows_sum") - before == 50 + 31


async def test_a_commit_takes_no_longer_than_the_append_that_waits_for_it(
    outbox: Outbox, telemetry: Telemetry
) -> None:
    """Both are histograms of seconds, not of the clock's own reading."""
    before = sample(telemetry, "outbox_commit_seconds_sum")
    await outbox.append(messages(50), "bot")
    took = sample(telemetry, "outbox_commit_seconds_sum") - before
    assert 0 < took <= sample(telemetry, "outbox_append_seconds_sum")


async def test_nothing_appended_is_no_commit(outbox: Outbox, telemetry: Telemetry) -> None:
    """A poll that brought nothing costs the disk nothing."""
    before = sample(telemetry, "outbox_commit_rows_count")
    assert await outbox.append([], "bot") == (0, 0)
    assert await outbox.append([], "bot", [("mark", [("polled", 7)])]) == (0, 0)
    assert sample(telemetry, "outbox_commit_rows_count") == before + 1
    assert rows(outbox.path, "SELECT name, value FROM mark") == [("polled", 7)]
