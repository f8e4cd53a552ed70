"""The outbox's commit at a live pace, beside SQLite's own."""

import os
import time
from collections.abc import Iterator

import anyio

from ops.bench import bench_outbox
from ops.bench.bench_figure import Figure, latency
from ops.bench.bench_messages import bench_messages
from ops.bench.bench_stack import BenchStack

PER_SECOND = 50


def measure_commit(stack: BenchStack, scale: float) -> Iterator[Figure]:
    """One append after another at 50 a second, and a bare insert with commit at the same pace."""
    count = round(1000 * scale)
    folder = stack.folder
    floor = latency(
        "bare_commit",
        "SQLite insert and commit with fsync, 50/s",
        bench_outbox.bare_commits_ms(folder / "bare.sqlite3", count // 2, PER_SECOND),
    )
    sync = latency("bare_fsync", "write of 4 KiB and fsync", _syncs_ms(stack, count // 2))
    messages = bench_messages(count, 4)
    waits = anyio.run(bench_outbox.appends_ms, folder / "commit.sqlite3", messages, PER_SECOND)
    yield sync
    yield floor
    found = latency("commit", "outbox append, committed, 50/s", waits)
    yield found.over(floor, "p50").with_aim("p50", below=1)


def _syncs_ms(stack: BenchStack, count: int) -> list[float]:
    waits = []
    with (stack.folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(count):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            os.fsync(file)
            waits.append((time.perf_counter() - begun) * 1000)
    return waits
