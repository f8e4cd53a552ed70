"""The feed of one process on a real database: slow listeners, pages, and what it cannot serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import orjson
import psycopg
import pytest
from starlette.types import Message, Scope

from contracts import problem
from ingest_api.database.database import Pool
from ingest_api.database.statements import Statements
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.ingest.store import Store
from ingest_api.life import Life
from ingest_api.request.answer import ProblemError
from ingest_api.signals import signal_feed, signal_stream
from ingest_api.signals.feed_place import Place
from ingest_api.signals.signal_feed import Event, SignalFeed
from ingest_api.signals.signal_stream import SignalStream
from tests.ingest_api.messages import delivery
from tests.postgres import settings

SCOPE: Scope = {"type": "http", "headers": []}


@pytest.fixture
def feed(database: str, pool: Pool) -> SignalFeed:
    """A feed that nobody runs yet."""
    return SignalFeed(settings(database), Statements(pool))


@asynccontextmanager
async def running(feed: SignalFeed) -> AsyncIterator[None]:
    """The feed follows the database inside the block."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(feed.run)
        await feed.started()
        yield
        tasks.cancel_scope.cancel()


def number(event: Event) -> int:
    """Which message the signal is of."""
    found: dict[str, Any] = orjson.loads(event.data)
    return int(found["message_id"])


async def test_a_listener_that_does_not_keep_up_is_let_go(
    feed: SignalFeed, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stream ends, so that it comes back with its place; the others miss nothing."""
    monkeypatch.setattr(signal_feed, "_BUFFERED", 3)
    async with running(feed):
        with feed.follow() as slow, feed.follow() as quick:
            seen: list[int] = []
            for first in (1, 3, 5):
                await store.record([delivery(first), delivery(first + 1)])
                with anyio.fail_after(10):
                    seen += [number(await quick.receive()) for _ in range(2)]
            assert seen == [1, 2, 3, 4, 5, 6]
            assert feed.listeners == 1
            had = [event async for event in slow]
        assert [number(event) for event in had] == [1, 2, 3]
        missed = [each async for page in feed.since(had[-1].place) for each in page]
        assert {4, 5, 6} <= {number(each) for each in missed}


async def test_what_was_missed_comes_by_the_page(
    feed: SignalFeed, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is left out, none twice, in the order of their changes."""
    monkeypatch.setattr(signal_feed, "_PAGE", 2)
    async with running(feed):
        await store.record([delivery(each) for each in range(1, 6)])
        pages = [page async for page in feed.since(Place.before(0))]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [number(each) for page in pages for each in page] == [1, 2, 3, 4, 5]


async def test_a_database_that_was_set_back_is_told_and_followed(
    feed: SignalFeed, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """A backup in its place gives lower numbers: nobody waits until they are reached again."""
    feed._place = Place.before(1 << 40)  # where the feed stood before the connection broke
    with feed.follow() as listener:
        async with running(feed):
            assert feed.place < Place.before(1 << 40)
            await store.record([delivery(1)])
            with anyio.fail_after(10):
                assert number(await listener.receive()) == 1
    (said,) = [each for each in caplog.messages if "was set back" in each]
    assert f"from transaction {1 << 40} to " in said
    assert "GET /signals has them" in said


async def test_an_error_of_ours_is_not_waited_out(
    feed: SignalFeed, store: Store, database: str
) -> None:
    """It ends the task, and so the process, with its words: no outage passes that is none."""
    await store.record([delivery(1)])
    with psycopg.connect(database, options="-c search_path=tp_capital") as connection:
        connection.execute("alter table telegram_channels rename to kept")
        connection.execute("create view telegram_channels as select * from kept where 1/0 = 1")
    feed._place = Place.before(0)
    with feed.follow(), anyio.fail_after(10), pytest.raises(psycopg.errors.DivisionByZero):
        await feed.run()


async def receive() -> Message:
    """A client that stays."""
    await anyio.sleep_forever()
    raise AssertionError


async def send(_: Message) -> None:
    """Nothing may be sent before a refusal."""
    raise AssertionError


async def test_a_stream_that_cannot_be_served_is_refused(
    feed: SignalFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the database is ready, when enough listen already, and while it stops."""
    life = Life()
    stream = SignalStream(feed, life)

    async def refused() -> ProblemError:
        with pytest.raises(ProblemError) as caught:
            await stream(SCOPE, receive, send)
        assert caught.value.headers["retry-after"] == "2"
        return caught.value

    assert (await refused()).kind is problem.DATABASE_DOWN
    life.migrated = True
    monkeypatch.setattr(signal_stream, "MAX_LISTENERS", 1)
    with feed.follow():
        full = await refused()
    assert (full.kind, str(full)) == (
        problem.OVERLOADED,
        "1 clients listen already; connect again later",
    )
    life.draining = True
    stopping = await refused()
    assert (stopping.kind, stopping.headers["connection"]) == (problem.DRAINING, "close")


async def test_a_stream_is_not_begun_while_its_feed_is_deaf(
    feed: SignalFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change could fall between what is read and what is sent; it is not waited for long."""
    monkeypatch.setattr(signal_feed, "_START_SECONDS", 0.05)
    life = Life()
    life.migrated = True
    with pytest.raises(
        DatabaseUnavailableError, match="does not follow the database yet; connect again soon"
    ):
        await SignalStream(feed, life)(SCOPE, receive, send)
    assert feed.listeners == 0
