"""GET /signals on a long table, beside the bare SQL of the same answer."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import anyio
import psycopg
from starlette.datastructures import QueryParams

from contracts import queries
from ingest_api.signals.signals import signal_filter
from ingest_api.sql import QUERIES
from ops.bench.bench_client import get, load
from ops.bench.bench_figure import Figure, latency
from ops.bench.bench_stack import BenchStack, Service

QUERY = queries.load("ops.bench", "bench.sql")
_ROWS = 1_000_000
_REQUESTS = 200
_FEW = 10
_MIDDLE = 0.5


class Case(NamedTuple):
    """A query string (`{ts}` lies amid the table); headers; whether it has the aim."""

    query: str
    headers: tuple[str, ...] = ()
    is_aimed: bool = True


CASES = {
    "plain": Case(""),
    "gzip": Case("", ("Accept-Encoding: gzip",)),
    "channel": Case("&channel=-1001500000003"),
    "type": Case("&type=Scalping"),
    "asset": Case("&asset=TEST77"),
    "search": Case("&search=compra"),
    "from": Case("&from={ts}"),
    "to": Case("&to={ts}"),
    "cursor": Case("&cursor={ts}.1"),
    "withdrawn": Case("&include=withdrawn"),
    "all": Case("&channel=-1001500000003&type=Scalping&asset=TEST77&to={ts}"),
    "rare": Case("&search=nowhere", is_aimed=False),
}


def measure_reads(stack: BenchStack, scale: float) -> Iterator[Figure]:
    """100 rows of a million by each filter and by a cursor, one request after the other."""
    with stack.api() as (api, dsn), psycopg.connect(dsn, autocommit=True) as database:
        amid = _fill(database, round(_ROWS * scale))
        for name, case in CASES.items():
            query = "limit=100" + case.query.format(ts=amid)
            count = max(round(_REQUESTS * scale), _FEW) if case.is_aimed else _FEW
            floor = latency(
                f"bare_read_{name}", f"SQL of {name} read", _bare(database, query, count)
            )
            waits = _waits(api, get(f"/signals?{query}", *case.headers), count)
            found = latency(f"read_{name}", f"GET /signals?{query}", waits).over(floor, "p50")
            yield floor
            yield found.with_aim("p50", below=5) if case.is_aimed else found


def _fill(database: psycopg.Connection, count: int) -> int:
    """So many signals; the time in their middle, epoch ms."""
    with psycopg.connect(database.info.dsn, password=database.info.password) as writer:
        writer.execute(QUERY["skip_triggers"])
        writer.execute(QUERY["fill_signals"], {"count": count})
    database.execute(QUERY["vacuum_signals"])
    database.execute("SET search_path = tp_capital")
    ((first, last),) = database.execute("SELECT min(ts), max(ts) FROM tp_capital_signals")
    return int(first + (last - first) * _MIDDLE)


def _bare(database: psycopg.Connection, query: str, count: int) -> list[float]:
    """Milliseconds of the same statement, its rows fetched and thrown away."""
    parameters = signal_filter(QueryParams(query)).parameters()
    waits = []
    for _ in range(count):
        begun = time.perf_counter()
        database.execute(QUERIES["select_signals"], parameters, prepare=False).fetchall()
        waits.append((time.perf_counter() - begun) * 1000)
    return waits


def _waits(api: Service, request: bytes, count: int) -> list[float]:
    """Milliseconds of each answer after a few that warm the caches."""
    anyio.run(load, api.url, [request] * (count // _FEW), 1)
    return anyio.run(load, api.url, [request] * count, 1).waits_ms
