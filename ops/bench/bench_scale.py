"""A long history: its bytes, what is written beside it, and how long the questions take."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import anyio
import msgspec
import psycopg

from contracts import wire
from contracts.message import Message
from ops.bench.bench_client import UnexpectedAnswerError, batches, get, load
from ops.bench.bench_figure import Figure, latency, rate, size
from ops.bench.bench_messages import bench_messages
from ops.bench.bench_reads import QUERY
from ops.bench.bench_stack import BenchStack, Service

_PART = 50_000
_LEAST = 1_000
_WRITTEN = 20_000
_CHANNELS = 8
_CONNECTIONS = 4
_ASKED = 20
_API_SECONDS = 8  # the longest that a statement of the API may be given
_VIEW_SECONDS = 180

QUESTIONS: Final = {
    "list": "/signals?limit=100",
    "asset": "/signals?limit=100&asset=TEST77",
    "channel": "/signals?limit=100&channel=-1001500000003",
    "deep": "/signals?limit=100&to={middle}",
    "messages": "/forwarded-messages?limit=100",
    "overview": "/overview",
    "activity": "/activity",
    "channels": "/channels",
    "revisions": "/messages/-1001500000003/3/revisions",
}
VIEWS: Final = ("signals_per_hour", "signals_per_day", "signals_per_channel", "hit_rates")


def measure_scale(stack: BenchStack, scale: float) -> Iterator[Figure]:
    """`stack.messages` of them, put there by SQL; then messages of 500 a batch on top of them."""
    count = max(round(stack.messages * scale), _LEAST)
    patient = stack.api(STATEMENT_TIMEOUT_MS=str(_API_SECONDS * 1000))
    with patient as (api, dsn), psycopg.connect(dsn, autocommit=True) as database:
        database.execute("SET search_path = tp_capital, public")
        begun = time.perf_counter()
        _fill(database, count)
        yield rate(
            "scale_fill", f"{count:,} messages by SQL", [count / (time.perf_counter() - begun)]
        )
        yield from _bytes(database, count)
        yield from _questions(api, database)
        yield from _views(database)
        yield from _written(stack, api, max(round(_WRITTEN * scale), wire.MAX_BATCH_MESSAGES * 10))


def _fill(database: psycopg.Connection, count: int) -> None:
    for first in range(1, count + 1, _PART):
        last = min(first + _PART - 1, count)
        database.execute(QUERY["fill_messages"], {"first": first, "last": last, "count": count})
    database.execute(QUERY["vacuum_all"])


def _bytes(database: psycopg.Connection, count: int) -> Iterator[Figure]:
    """Of each table and of them all, for a message."""
    found = {str(name): int(many) for name, many in database.execute(QUERY["select_bytes"])}
    for name, many in {"all": sum(found.values()), **found}.items():
        yield size(f"scale_bytes_{name}", f"{name}, with indexes", many / count)


def _questions(api: Service, database: psycopg.Connection) -> Iterator[Figure]:
    """What the page and the Dashboard ask, one after the other, warm."""
    ((middle,),) = database.execute(
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ts) FROM tp_capital_signals"
    )
    for name, target in QUESTIONS.items():
        request = get(target.format(middle=middle))
        try:
            anyio.run(load, api.url, [request] * 2, 1)
            waits = anyio.run(load, api.url, [request] * _ASKED, 1).waits_ms
        except UnexpectedAnswerError:
            yield _too_long(f"scale_{name}", f"GET {target}", _API_SECONDS)
        else:
            yield latency(f"scale_{name}", f"GET {target}", waits)


def _views(database: psycopg.Connection) -> Iterator[Figure]:
    """Each view whole, as a report over everything would read it."""
    database.execute(f"SET statement_timeout = '{_VIEW_SECONDS}s'".encode())
    for view in VIEWS:
        what = f"the whole view {view}"
        begun = time.perf_counter()
        try:
            database.execute(f"SELECT count(*) FROM (SELECT * FROM {view} OFFSET 0) v".encode())  # noqa: S608  # our own names
        except psycopg.errors.QueryCanceled:
            yield _too_long(f"scale_view_{view}", what, _VIEW_SECONDS)
        else:
            waited = (time.perf_counter() - begun) * 1000
            yield latency(f"scale_view_{view}", what, [waited])


def _too_long(name: str, what: str, seconds: int) -> Figure:
    """A question that was given up."""
    return Figure(name=name, what=what, unit="ms", values={"more than": seconds * 1000})


def _written(stack: BenchStack, api: Service, count: int) -> Iterator[Figure]:
    """New messages, the same again, and an edit of each."""
    new = list(bench_messages(count, _CHANNELS))
    edits = [_edited(message) for message in new]
    for name, what, sent in (
        ("ingest", "new messages", new),
        ("replay", "the same again", new),
        ("edits", "an edit of each", edits),
    ):
        done = anyio.run(load, api.url, batches(sent, stack.token), _CONNECTIONS)
        yield rate(f"scale_{name}", f"POST /ingest/batch of 500: {what}", [count / done.seconds])


def _edited(message: Message) -> Message:
    return msgspec.structs.replace(
        message,
        text=f"{message.text}\nEditado",
        edited_at=message.timestamp + timedelta(seconds=30),
    )
