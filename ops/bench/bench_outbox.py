"""Outboxes for benchmarks: filled by the gateway's own code, read beside it."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import anyio
import msgspec

from contracts import metrics
from contracts.message import Message
from contracts.telemetry import Telemetry
from gateway_outbox.outbox import outbox_file
from gateway_outbox.outbox.outbox import open_outbox, reader_uri

_FILL_BATCH = 1000


SQLITE_VERSION = sqlite3.sqlite_version


class Settled(NamedTuple):
    """When rows left the queue, ms since 1970: `last_ms` of all, and how many by state."""

    last_ms: int
    delivered: int
    other: int


async def fill(path: Path, messages: Iterator[Message]) -> None:
    """Append the messages to a new outbox at `path`; all are pending after it."""
    telemetry = Telemetry(metrics.GATEWAY, "bench", "0")
    async with open_outbox(path, telemetry) as outbox:
        while batch := list(islice(messages, _FILL_BATCH)):
            await outbox.append(batch, "replay")
    telemetry.close()


async def appends_ms(path: Path, messages: Iterator[Message], per_second: int) -> list[float]:
    """Append the messages one by one at a steady pace; how long each append took."""
    telemetry = Telemetry(metrics.GATEWAY, "bench", "0")
    waits = []
    async with open_outbox(path, telemetry) as outbox:
        start = time.perf_counter()
        for number, message in enumerate(messages):
            await anyio.sleep(max(0.0, start + number / per_second - time.perf_counter()))
            begun = time.perf_counter()
            await outbox.append([message], "replay")
            waits.append((time.perf_counter() - begun) * 1000)
    telemetry.close()
    return waits


def bare_commits_ms(path: Path, count: int, per_second: int) -> list[float]:
    """A row into a plain table under the outbox's pragmas, at the same pace: SQLite's own cost."""
    waits = []
    with closing(outbox_file.connect(path)) as connection:
        connection.execute("CREATE TABLE bare (seq INTEGER PRIMARY KEY, payload BLOB)")
        start = time.perf_counter()
        for number in range(count):
            time.sleep(max(0.0, start + number / per_second - time.perf_counter()))
            begun = time.perf_counter()
            connection.execute("INSERT INTO bare (payload) VALUES (?)", (b"x" * 400,))
            waits.append((time.perf_counter() - begun) * 1000)
    return waits


def settled(path: Path) -> Settled:
    """What became of an outbox's rows."""
    question = "SELECT max(settled_ms), sum(state = 'delivered'), sum(state <> 'delivered')"
    with closing(_reader(path)) as connection:
        return Settled(*connection.execute(f"{question} FROM outbox").fetchone())


def waits_ms(path: Path) -> list[float]:
    """Of each delivered row the milliseconds from the gateway's receipt to the API's answer.

    The time of the answer is kept as whole milliseconds, cut off: one is added, so that no wait is
    shown shorter than it was.
    """
    question = "SELECT payload, settled_ms FROM outbox WHERE state = 'delivered' ORDER BY seq"
    with closing(_reader(path)) as connection:
        rows = connection.execute(question).fetchall()
    return [1 + settled_ms - _received_ms(payload) for payload, settled_ms in rows]


def _received_ms(payload: bytes) -> float:
    received = msgspec.json.decode(payload, type=Message).received_at
    if received is None:
        raise ValueError("a row of the outbox has no time of receipt")
    return received.timestamp() * 1000


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(reader_uri(path), uri=True)
