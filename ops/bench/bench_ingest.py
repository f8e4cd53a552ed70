"""The ingest API under load, beside its HTTP server without work and a bare SQL statement."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import anyio
import psycopg

from contracts import wire
from contracts.message import Message
from ops.bench.bench_client import Load, batches, load, singles
from ops.bench.bench_figure import Figure, latency, rate
from ops.bench.bench_messages import bench_messages
from ops.bench.bench_stack import BenchStack, Service

_CHANNELS = 8


def measure_roundtrip(stack: BenchStack, scale: float) -> Iterator[Figure]:
    """One connection, one request after the other; its rate is what a single client reaches."""
    requests = singles(_messages(2000 * scale), stack.token)
    with stack.bare_server() as bare:
        floor = _waits("bare_roundtrip", "round trip to a server without work", bare, requests)
    insert = _insert(stack.dsn, round(500 * scale))
    with stack.api() as (api, _):
        found = _warm_load(api, requests, 1)
    yield floor
    yield insert
    one = latency("roundtrip", "POST /ingest, 1 connection", found.waits_ms).over(insert, "p50")
    yield one.with_aim("p50", below=5).with_aim("p99", below=10)
    runs = [len(found.waits_ms) / found.seconds]
    yield rate("ingest_1", "POST /ingest, 1 connection", runs)


class Work(NamedTuple):
    """Requests of several runs, each of `size` messages, over so many connections."""

    runs: list[list[bytes]]
    connections: int
    size: int = 1


def measure_ingest(stack: BenchStack, scale: float) -> Iterator[Figure]:
    """32 connections with single messages, and batches of 500."""
    runs = 3 if scale == 1 else 1
    one = Work([singles(each, stack.token) for each in _portions(runs, 10_000 * scale)], 32)
    portions = _portions(runs, 50_000 * scale)
    many = Work([batches(each, stack.token) for each in portions], 4, wire.MAX_BATCH_MESSAGES)
    with stack.bare_server() as bare:
        bare_one = _rates("bare_32", "server without work, 32 connections", bare, one)
        bare_many = _rates("bare_batch", "server without work, batches of 500", bare, many)
    yield bare_one
    yield bare_many
    with stack.api() as (api, _):
        found = _rates("ingest_32", "POST /ingest, 32 connections", api, one)
        yield found.over(bare_one, "median").with_aim("median", at_least=4000)
    with stack.api() as (api, _):
        found = _rates("batch_500", "POST /ingest/batch of 500, 4 connections", api, many)
        yield found.over(bare_many, "median").with_aim("median", at_least=15_000)


def _messages(count: float) -> list[Message]:
    return list(bench_messages(round(count), _CHANNELS))


def _portions(runs: int, count: float) -> list[list[Message]]:
    """Different messages for each run: the second time they would be stored already."""
    size = round(count)
    found = _messages(runs * size)
    return [found[first : first + size] for first in range(0, len(found), size)]


def _waits(name: str, what: str, service: Service, requests: list[bytes]) -> Figure:
    return latency(name, what, _warm_load(service, requests, 1).waits_ms)


def _rates(name: str, what: str, service: Service, work: Work) -> Figure:
    """The rate of each run, in messages."""
    found = []
    for requests in work.runs:
        done = _warm_load(service, requests, work.connections)
        found.append(len(done.waits_ms) * work.size / done.seconds)
    return rate(name, what, found)


def _warm_load(service: Service, requests: list[bytes], connections: int) -> Load:
    """The load of all but the first tenth, which is sent before: plans, caches, first pages."""
    warm = len(requests) // 10
    anyio.run(load, service.url, requests[:warm], connections)
    found: Load = anyio.run(load, service.url, requests[warm:], connections)
    return found


def _insert(dsn: str, count: int) -> Figure:
    """One row, one statement, one commit with fsync: the least that a stored message costs."""
    waits = []
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute("CREATE TABLE bare_insert (id bigint PRIMARY KEY, text text)")
        for number in range(count):
            begun = time.perf_counter()
            database.execute(
                "INSERT INTO bare_insert VALUES (%s, %s)", (number, "x" * 200), prepare=True
            )
            waits.append((time.perf_counter() - begun) * 1000)
        database.execute("DROP TABLE bare_insert")
    return latency("bare_insert", "one SQL insert, committed", waits)
