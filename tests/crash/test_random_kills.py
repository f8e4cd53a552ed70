"""Gateway, API and PostgreSQL are killed again and again while a history is replayed."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import psycopg
import pytest

from ingest_api.parser.signal import Signal
from ingest_api.parser.signal_parser import parse
from tests.crash import story
from tests.crash.pipeline import Pipeline, running
from tests.crash.story import Story

_SEED = 4711


async def torment(pipeline: Pipeline, kills: int, longest: float) -> None:
    """Kill each of the three so many times, at random moments up to `longest` seconds apart.

    A killed process may be killed again while it starts.
    """
    victims = (pipeline.crash_gateway, pipeline.crash_api, pipeline.crash_postgres)
    async with anyio.create_task_group() as tasks:
        for seed, crash in enumerate(victims, _SEED):
            tasks.start_soon(_crash_often, crash, random.Random(seed), kills, longest)


async def _crash_often(
    crash: Callable[[], None], dice: random.Random, kills: int, longest: float
) -> None:
    for _ in range(kills):
        await anyio.sleep(dice.uniform(0, longest))
        await anyio.to_thread.run_sync(crash)


def rows(pipeline: Pipeline, question: str) -> list[tuple[Any, ...]]:
    """Rows of the database."""
    path = "-c search_path=tp_capital"
    with psycopg.connect(pipeline.postgres.dsn, options=path) as connection:
        return connection.execute(question).fetchall()


def check_messages(pipeline: Pipeline, told: Story) -> None:
    """Every message once, with its last text, and all of its texts beside it."""
    texts = told.texts()
    stored = rows(pipeline, "select channel_id, message_id, text, revision from messages")
    assert len(stored) == len(texts)
    assert {(c, m): (text, n) for c, m, text, n in stored} == {
        key: (versions[-1], len(versions)) for key, versions in texts.items()
    }
    revisions = rows(pipeline, "select channel_id, message_id, text from message_revisions")
    assert sorted(revisions) == sorted((*post.key, post.text) for post in told.posts)


def check_order(pipeline: Pipeline, told: Story) -> None:
    """In each channel messages were first stored in the order in which they came."""
    stored = rows(pipeline, "select channel_id, message_id from messages order by id")
    for channel in {channel for channel, _ in stored}:
        came = [key for key in told.texts() if key[0] == channel]
        assert [key for key in stored if key[0] == channel] == came


def check_signals(pipeline: Pipeline, told: Story) -> None:
    """Each message whose text is a signal has one active row, as the parser reads it."""
    expected = {}
    for key, versions in told.texts().items():
        if isinstance(signal := parse(versions[-1]), Signal):
            expected[key] = (signal.asset, signal.buy_min, signal.stop, [*signal.all_targets])
    stored = rows(
        pipeline,
        "select channel_id, message_id, asset, buy_min, stop, targets from tp_capital_signals"
        " where status = 'active'",
    )
    assert len(stored) == len(expected) > 0
    assert {(row[0], row[1]): row[2:] for row in stored} == expected
    pairs = rows(pipeline, "select channel_id, message_id from tp_capital_signals")
    assert len(pairs) == len(set(pairs))


def check_outbox(pipeline: Pipeline, told: Story) -> None:
    """All delivered, none dead, and the counters add up."""
    states = pipeline.outbox("SELECT state, count(*) FROM outbox GROUP BY state")
    assert states == [("delivered", len(told.posts))]
    assert pipeline.outbox("SELECT * FROM counter ORDER BY name") == [
        ("appended", len(told.posts)),
        ("purged", 0),
    ]


async def survive(folder: Path, *, posts: int, kills: int, longest: float, rate: float) -> Pipeline:
    """Replay a story under kills, let it come to rest, and check everything."""
    told = story.tell(posts, _SEED)
    begun = time.monotonic()
    with running(folder, told, rate) as pipeline:
        await torment(pipeline, kills, longest)
        tormented = time.monotonic() - begun
        appended = pipeline.appended()
        await anyio.to_thread.run_sync(pipeline.finish, 60)
        pipeline.replay_all_again()
        check_outbox(pipeline, told)
        check_messages(pipeline, told)
        check_order(pipeline, told)
        check_signals(pipeline, told)
    seconds = time.monotonic() - begun
    print(f"{dict(pipeline.kills)}, {pipeline.idle} idle, in {tormented:.1f} of {seconds:.1f} s;")
    print(f"{appended} of {posts} posts were appended when the last kill fell")
    return pipeline


async def test_some_kills_lose_nothing(tmp_path: Path) -> None:
    """1,000 posts and 12 kills: each stored once, text intact, in order."""
    pipeline = await survive(tmp_path, posts=1000, kills=4, longest=3, rate=300)
    assert pipeline.kills.total() >= 10


@pytest.mark.long(minutes=2)
@pytest.mark.timeout(300)
async def test_sixty_kills_lose_nothing(tmp_path: Path) -> None:
    """5,000 posts and 60 kills: each stored once, text intact, in order."""
    pipeline = await survive(tmp_path, posts=5000, kills=22, longest=5, rate=70)
    assert min(pipeline.kills.values()) >= 15
    assert pipeline.kills.total() - pipeline.idle >= 50
