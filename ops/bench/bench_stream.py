"""GET /signals/stream with many listeners: from a commit to the event at each, and the memory."""

import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import anyio
import psycopg

from contracts import queries
from ops.bench.bench_client import get
from ops.bench.bench_figure import Figure, latency
from ops.bench.bench_memory import Resident, memory, resident
from ops.bench.bench_stack import BenchStack, Service

QUERY = queries.load("ops.bench", "bench.sql")
_LISTENERS = 1000
_EVENTS = 20
_WAIT_SECONDS = 30.0
_REQUEST = get("/signals/stream")


class Hall:
    """The listeners' room: notes each event's arrival."""

    def __init__(self) -> None:
        self._arrivals: list[float] = []
        self._wanted = 0
        self._enough = asyncio.Event()

    def arrived(self) -> None:
        """One listener has an event."""
        self._arrivals.append(time.perf_counter())
        if len(self._arrivals) == self._wanted:
            self._enough.set()

    async def arrivals(self, count: int) -> list[float]:
        """When the next so many came. Raises TimeoutError."""
        self._wanted = count
        if len(self._arrivals) < count:
            with anyio.fail_after(_WAIT_SECONDS):
                await self._enough.wait()
        self._enough.clear()
        found, self._arrivals = self._arrivals, []
        return found


class _Listener(asyncio.Protocol):
    """Counts events; `ready` is the first."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        """Whole events of what has come."""
        *whole, self._rest = (self._rest + data).split(b"\n\n")
        for each in whole:
            if b"event: " in each:
                self._hall.arrived()


def measure_stream(stack: BenchStack, scale: float) -> Iterator[Figure]:
    """1,000 idle listeners; signals change one by one."""
    listeners = round(_LISTENERS * scale)
    with _many_files(), stack.api() as (api, dsn):
        idle = resident(api.pid)
        with psycopg.connect(dsn, autocommit=True) as database:
            waits, after = anyio.run(_listen, api, database, listeners)
    what = f"commit to event at each of {listeners:,} listeners"
    yield latency("stream", what, waits).with_aim("p99", below=500)
    yield memory("stream_memory", f"api with {listeners:,} listeners, resident", idle, after)


async def _listen(
    api: Service, database: psycopg.Connection, size: int
) -> tuple[list[float], Resident]:
    """Milliseconds from each commit to each arrival, and the API's memory at the end."""
    await _fill(api, database)
    hall = Hall()
    made = [await _connect(api, hall) for _ in range(size)]
    await hall.arrivals(size)  # of `ready`
    waits = []
    for number in range(_EVENTS):
        database.execute(QUERY["touch_signal"], {"message_id": number + 1})
        committed = time.perf_counter()
        waits += [(each - committed) * 1000 for each in await hall.arrivals(size)]
    after = resident(api.pid)
    for transport in made:
        transport.close()
    return waits, after


async def _fill(api: Service, database: psycopg.Connection) -> None:
    """Signals to change; returns when the API has told of them, so that nobody else hears it."""
    hall = Hall()
    transport = await _connect(api, hall)
    await hall.arrivals(1)
    database.execute(QUERY["fill_signals"], {"count": _EVENTS})
    await hall.arrivals(_EVENTS)
    transport.close()


async def _connect(api: Service, hall: Hall) -> asyncio.Transport:
    host, _, port = urlsplit(api.url).netloc.partition(":")
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: _Listener(hall), host, int(port))
    return transport


@contextmanager
def _many_files() -> Iterator[None]:
    """As many open files as the system lets us have, for the services started here too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
