"""TIMESCALEDB_READ_URL: a real streaming standby answers reads, and never with what was before."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import anyio
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ingest_api.database.replica import READS
from ingest_api.sql import QUERIES
from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.ingest_api.messages import CHANNEL, SIGNAL, delivery
from tests.ingest_api.sender import Sender, numbered
from tests.proxy import HOST, Proxy
from tests.standby import standby_of
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(
    "TEST_DATABASE_URL" in os.environ, reason="the servers here are its own, whichever is given"
)

_ROUTES = (
    *("/signals", "/signals.csv", "/signals.json", "/channels", "/forwarded-messages"),
    *("/telegram-channels", "/telegram/channels", "/telegram/bots", "/overview", "/activity"),
    *("/malformed", f"/messages/{CHANNEL}/1/revisions"),
)


class Rig(NamedTuple):
    """A primary, its standby behind a proxy, and an API that reads there."""

    primary: EmbeddedPostgres
    standby: EmbeddedPostgres
    proxy: Proxy
    api: ApiProcess
    session: aiohttp.ClientSession
    sender: Sender

    async def reads(self) -> tuple[int, int]:
        """How many reads the replica has answered, and the primary."""
        async with self.session.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
        known = dict(line.rsplit(" ", 1) for line in lines if line.startswith("api_reads_total"))
        replica, primary = (
            float(known[f'api_reads_total{{server="{each}"}}']) for each in ("replica", "primary")
        )
        return int(replica), int(primary)

    async def is_read_from_replica(self) -> bool:
        """Whether the next read is the replica's."""
        before, _ = await self.reads()
        await self.sender.signals()
        return (await self.reads())[0] > before


@asynccontextmanager
async def _running_rig(folder: Path, log: Path) -> AsyncIterator[Rig]:
    with (
        EmbeddedPostgres(folder / "primary") as primary,
        standby_of(primary, folder / "standby") as standby,
    ):
        proxy = Proxy(HOST, standby.port)
        async with anyio.create_task_group() as tasks, proxy.running(tasks):
            read_url = make_conninfo(standby.dsn, host=HOST, port=proxy.port)
            with ApiProcess(primary.dsn, log, TIMESCALEDB_READ_URL=read_url) as api:
                await anyio.to_thread.run_sync(api.wait_until_ready)
                async with aiohttp.ClientSession(api.url) as session:
                    rig = Rig(primary, standby, proxy, api, session, Sender(session))
                    await rig.sender.insist(delivery(1))
                    await eventually(rig.is_read_from_replica)
                    yield rig


@pytest.fixture
async def rig(postgres_folder: Path, tmp_path: Path) -> AsyncIterator[Rig]:
    """One that reads from its replica."""
    async with _running_rig(postgres_folder, tmp_path / "log") as found:
        yield found


def _execute(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(statement.encode())


async def test_every_read_may_be_a_standbys(rig: Rig) -> None:
    """Each GET route is answered by the replica, and with the primary's rows."""
    for route in _ROUTES:
        before, _ = await rig.reads()
        async with rig.session.get(route) as answer:
            assert answer.status == 200, (route, await answer.text())
        assert (await rig.reads())[0] > before, route
    assert set(QUERIES) >= READS


async def test_nobody_reads_what_was_before_his_write(rig: Rig) -> None:
    """Each write is in the next read: of a replica that follows, and of one that stands still."""
    before = await rig.reads()
    await _write_and_read(rig, range(10, 30))
    replica, primary = await rig.reads()
    assert replica - before[0] > primary - before[1]
    _execute(rig.standby, "select pg_wal_replay_pause()")
    await _write_and_read(rig, range(30, 34))
    assert (await rig.reads())[1] > primary
    _execute(rig.standby, "select pg_wal_replay_resume()")
    await eventually(rig.is_read_from_replica)
    assert not rig.api.logged("replica.away")


async def _write_and_read(rig: Rig, numbers: range) -> None:
    """A message, its deletion by hand and its return, each looked for at once."""
    for number in numbers:
        await rig.sender.insist(delivery(number, f"{SIGNAL}\n{number}"))
        (row,) = [each for each in await rig.sender.signals() if each["message_id"] == number]
        deletion = {"ingestedAt": row["ingested_at"]}
        async with rig.session.delete("/signals", json=deletion) as answer:
            assert answer.status == 200
        assert number not in numbered(await rig.sender.signals())
        async with rig.session.post(f"/signals/{row['id']}/restore") as answer:
            assert answer.status == 200
        assert number in numbered(await rig.sender.signals())


async def test_without_the_replica_the_primary_is_read(rig: Rig) -> None:
    """Refused or silent: readers get their answer, and the log says so once; back by itself."""
    await rig.proxy.close()
    for _ in range(5):
        assert numbered(await rig.sender.signals()) == {1}
    assert len(rig.api.lines("replica.away")) == 1
    await rig.proxy.open()
    await eventually(rig.is_read_from_replica)
    assert rig.api.logged("replica.back")
    rig.proxy.hold()
    with anyio.fail_after(5):
        assert numbered(await rig.sender.signals()) == {1}
    rig.proxy.let_go()
    await eventually(rig.is_read_from_replica)


async def test_without_the_primary_the_replica_is_read(rig: Rig) -> None:
    """Readers see all that was acknowledged; writers are told to come again."""
    rig.primary.kill()
    assert not await rig.sender.is_taken(delivery(2))
    assert numbered(await rig.sender.signals()) == {1}
    assert await rig.sender.statuses("/readyz") == {"/readyz": 503}
    rig.primary.start()
    await rig.sender.insist(delivery(2))
    assert numbered(await rig.sender.signals()) == {1, 2}
