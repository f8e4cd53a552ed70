"""The drain: a backlog that waits in the outbox, delivered by the real processes."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import anyio
import psycopg

from ops.bench import bench_outbox
from ops.bench.bench_figure import Figure, rate
from ops.bench.bench_memory import Resident, memory, resident
from ops.bench.bench_messages import bench_messages
from ops.bench.bench_stack import BenchStack, Service
from ops.local_http import read

_LIMIT_SECONDS = 300.0
_PAUSE_SECONDS = 0.2


CHANNELS = 8


class DrainFailedError(RuntimeError):
    """The backlog did not arrive whole."""


def measure_drain(stack: BenchStack, scale: float) -> Iterator[Figure]:
    """A backlog of 100,000 rows in 8 channels and in one, and the memory before and after."""
    rows = round(100_000 * scale)
    floor = _bare_drain(stack, rows)
    yield floor
    yield from _drain(stack, rows, CHANNELS, floor)
    yield next(_drain(stack, rows, 1, floor))


def _drain(stack: BenchStack, rows: int, channels: int, floor: Figure) -> Iterator[Figure]:
    """Fill an outbox, start a gateway on it, wait until nothing is pending, count the rows.

    Raises DrainFailedError.
    """
    outbox = _filled(stack, rows, channels)
    with stack.api() as (api, dsn):
        idle = resident(api.pid), _idle_gateway(stack, api)
        with stack.gateway(outbox, api) as gateway:
            _wait_until_empty(gateway)
            after = resident(api.pid), resident(gateway.pid)
        _check(outbox, dsn, rows)
    what = f"{rows:,} pending rows of {channels} channel(s), end to end"
    found = rate(f"drain_{channels}", what, [_per_second(outbox, gateway, rows)])
    yield found.over(floor, "median").with_aim("median", at_least=10_000)
    for name, limit, at_rest, at_end in zip(
        ("api", "gateway"), (200, 150), idle, after, strict=True
    ):
        yield memory(f"{name}_memory", f"{name}, resident", at_rest, at_end).with_aim(
            "peak", below=limit
        )


def _bare_drain(stack: BenchStack, rows: int) -> Figure:
    """The gateway alone: the same backlog into a server that does nothing with it."""
    outbox = _filled(stack, rows, CHANNELS)
    with stack.bare_server() as bare, stack.gateway(outbox, bare) as gateway:
        _wait_until_empty(gateway)
    what = f"{rows:,} pending rows into a server without work"
    return rate("bare_drain", what, [_per_second(outbox, gateway, rows)])


def _filled(stack: BenchStack, rows: int, channels: int) -> Path:
    path = stack.new_file("drain.sqlite3")
    anyio.run(bench_outbox.fill, path, bench_messages(rows, channels))
    return path


def _per_second(outbox: Path, gateway: Service, rows: int) -> float:
    """From the gateway's word that it is ready (its relay has just begun) to the last settlement.

    Both are times of the machine's clock, taken by the gateway.
    """
    return rows / (bench_outbox.settled(outbox).last_ms / 1000 - _ready_at(gateway.log))


def _idle_gateway(stack: BenchStack, api: Service) -> Resident:
    with stack.gateway(stack.new_file("idle.sqlite3"), api) as gateway:
        time.sleep(_PAUSE_SECONDS)
        return resident(gateway.pid)


def _wait_until_empty(gateway: Service) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while (left := _pending(gateway)) > 0:
        if time.monotonic() > deadline:
            raise DrainFailedError(f"{left} rows were still pending after {_LIMIT_SECONDS:.0f} s")
        time.sleep(_PAUSE_SECONDS)


def _pending(gateway: Service) -> int:
    document = json.loads(read(f"{gateway.url}/health"))
    return int(document["checks"]["outbox"]["observed"]["pending"])


def _ready_at(log: Path) -> float:
    """When the gateway said that it was ready, seconds since 1970."""
    for line in log.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record.get("action") == "service.ready":
            return datetime.fromisoformat(record["time"]).timestamp()
    raise DrainFailedError(f"the gateway never said that it was ready; see {log}")


def _check(outbox: Path, dsn: str, rows: int) -> None:
    """Every row delivered, every row in the database: a fast loss is no drain."""
    with psycopg.connect(dsn) as database:
        found = database.execute("SELECT count(*) FROM tp_capital.messages").fetchone()
    stored = found[0] if found else 0
    settled = bench_outbox.settled(outbox)
    if (stored, settled.delivered, settled.other) != (rows, rows, 0):
        raise DrainFailedError(f"{rows} rows waited, {settled} and {stored} in the database")
