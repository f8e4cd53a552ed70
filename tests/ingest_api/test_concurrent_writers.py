"""Eight connections to two replicas of the API, and a database that dies amid it.

What they send is shuffled, repeated and edited; the tables are the model's all the same.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import aiohttp
import anyio
import psycopg
import pytest

from ingest_api.ingest.delivery import Delivery
from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.ingest_api.messages import CHATTER, OTHER_SIGNAL, SIGNAL, delivery, tombstone
from tests.ingest_api.sender import Sender
from tests.ingest_api.tables import expected, stored
from tests.postgres import TestDatabases
from tests.waiting import eventually

_CONNECTIONS = 8
_TEXTS = (SIGNAL, f"{SIGNAL}  ", OTHER_SIGNAL, CHATTER, "", "Ativo: PETR4\nCompra: 1,2,3,4")
Breaks = Callable[[], None]


@contextmanager
def _own_server(folder: Path) -> Iterator[tuple[str, Breaks]]:
    """A server that is ended with SIGKILL and started again."""
    with EmbeddedPostgres(folder) as server:

        def break_it() -> None:
            server.kill()
            server.start()

        yield server.dsn, break_it


@contextmanager
def _shared_server(postgres: TestDatabases) -> Iterator[tuple[str, Breaks]]:
    """A database on a server that is others' too: every session is ended."""
    with postgres.empty() as dsn:

        def break_it() -> None:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <>"
                    " pg_backend_pid() and datname = current_database()"
                    " and backend_type = 'client backend'"
                )

        yield dsn, break_it


@pytest.mark.parametrize(("seed", "count"), [(1, 60), pytest.param(2, 600, marks=pytest.mark.long)])
async def test_no_row_is_wrong_after_writers_and_kills(
    postgres: TestDatabases, postgres_folder: Path, tmp_path: Path, seed: int, count: int
) -> None:
    """Ten versions of each message, each three times; three deaths of the database among them."""
    chance = random.Random(seed)
    versions = _versions(chance, count)
    events = versions * 3
    chance.shuffle(events)
    is_shared = "TEST_DATABASE_URL" in os.environ
    server = _shared_server(postgres) if is_shared else _own_server(postgres_folder)
    with (
        server as (dsn, break_it),
        ApiProcess(dsn, tmp_path / "log") as api,
        ApiProcess(dsn, tmp_path / "other") as other,
    ):
        await anyio.to_thread.run_sync(api.wait_until_ready)
        await anyio.to_thread.run_sync(other.wait_until_ready)
        async with (
            aiohttp.ClientSession(api.url) as session,
            aiohttp.ClientSession(other.url) as other_session,
        ):
            senders = [Sender(session), Sender(other_session)]
            with anyio.fail_after(90):
                async with anyio.create_task_group() as writers:
                    for number in range(_CONNECTIONS):
                        own, sender = events[number::_CONNECTIONS], senders[number % 2]
                        writers.start_soon(_write, sender, own, random.Random(seed + number))
                    writers.start_soon(_break_often, senders, len(events), break_it)
        assert sum(len(sender.acknowledged) for sender in senders) == len(events)
        assert stored(dsn) == expected(versions)


def _versions(chance: random.Random, count: int) -> list[Delivery]:
    """Of each message several texts at several times, and of some a deletion."""
    found = [
        delivery(number, chance.choice(_TEXTS), edited=edited, sequence=chance.randrange(3))
        for number in range(1, count + 1)
        for edited in chance.sample([None, *range(10, 110, 10)], 10)
    ]
    return found + [tombstone(n, deleted) for n in range(1, count, 3) for deleted in (30, 90)]


async def _write(sender: Sender, own: list[Delivery], chance: random.Random) -> None:
    while own:
        size = chance.randrange(1, 60)
        batch, own = own[:size], own[size:]
        await sender.insist(*batch)


async def _break_often(senders: list[Sender], total: int, break_it: Breaks) -> None:
    """When a quarter, a half and three quarters are acknowledged."""
    for quarter in (1, 2, 3):
        await eventually(partial(_have_acknowledged, senders, total * quarter // 4), 60)
        await anyio.to_thread.run_sync(break_it)


def _have_acknowledged(senders: list[Sender], count: int) -> bool:
    return sum(len(sender.acknowledged) for sender in senders) >= count
