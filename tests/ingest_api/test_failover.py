"""The database moves to another server, or its disk fills: real standbys, a real small disk."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import anyio
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ingest_api.ingest.delivery import Delivery
from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.ingest_api.messages import SIGNAL, delivery
from tests.ingest_api.sender import Sender, numbered
from tests.ingest_api.tables import expected, stored
from tests.postgres import server_folder
from tests.proxy import HOST, Proxy
from tests.standby import promote, standby_of, until_replayed
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(
    "TEST_DATABASE_URL" in os.environ, reason="the servers here are its own, whichever is given"
)


@contextmanager
def _pair(folder: Path) -> Iterator[tuple[EmbeddedPostgres, EmbeddedPostgres]]:
    """A primary, and a standby that streams from it."""
    with (
        EmbeddedPostgres(folder / "primary") as primary,
        standby_of(primary, folder / "standby") as standby,
    ):
        yield primary, standby


async def test_a_failover_to_a_standby(postgres_folder: Path, tmp_path: Path) -> None:
    """Primary killed; its standby is read, and written once it is promoted; the API stays as it is.

    A service address leads to the server of the day, as a load balancer or a DNS name does.
    """
    with _pair(postgres_folder) as (primary, standby):
        proxy = Proxy(HOST, primary.port)
        async with anyio.create_task_group() as tasks, proxy.running(tasks):
            dsn = make_conninfo(primary.dsn, host=HOST, port=proxy.port)
            with ApiProcess(dsn, tmp_path / "log") as api:
                await anyio.to_thread.run_sync(api.wait_until_ready)
                async with aiohttp.ClientSession(api.url) as session:
                    sender = Sender(session)
                    await sender.insist(delivery(1), delivery(2))
                    await anyio.to_thread.run_sync(until_replayed, primary, standby)
                    primary.kill()
                    assert not await sender.is_taken(delivery(3))
                    await proxy.lead_to(HOST, standby.port)
                    await eventually(lambda: _answers(sender, "/ready", 200))
                    assert numbered(await sender.signals()) == {1, 2}
                    assert not await sender.is_taken(delivery(3))
                    assert "read-only" in sender.refusals[-1]
                    assert await _answers(sender, "/readyz", 503)
                    await eventually(lambda: _is_refused_to_listen(api))
                    await anyio.to_thread.run_sync(promote, standby)
                    await sender.insist(delivery(3), delivery(1))
                    await eventually(lambda: _answers(sender, "/health", 200))
                assert not api.has_ended
        assert stored(standby.dsn) == expected(sender.acknowledged)


@pytest.mark.long
async def test_a_url_with_both_servers_finds_the_one_to_write(
    postgres_folder: Path, tmp_path: Path
) -> None:
    """With `target_session_attrs=read-write` no proxy is needed."""
    with _pair(postgres_folder) as (primary, standby):
        ports = f"{primary.port},{standby.port}"
        known = conninfo_to_dict(primary.dsn) | {"host": f"{HOST},{HOST}", "port": ports}
        dsn = make_conninfo("", target_session_attrs="read-write", **known)
        with ApiProcess(dsn, tmp_path / "log") as api:
            await anyio.to_thread.run_sync(api.wait_until_ready)
            async with aiohttp.ClientSession(api.url) as session:
                sender = Sender(session)
                await sender.insist(delivery(1))
                await anyio.to_thread.run_sync(until_replayed, primary, standby)
                primary.kill()
                assert not await sender.is_taken(delivery(2))
                await anyio.to_thread.run_sync(promote, standby)
                await sender.insist(delivery(2))
        assert stored(standby.dsn) == expected(sender.acknowledged)


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own in memory."""
    place = folder / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("this root may not mount")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
async def test_a_full_disk(tmp_path: Path) -> None:
    """Refused while it is full, though the server should crash of it; taken when there is room."""
    small = {"max_wal_size": "32MB", "min_wal_size": "32MB", "shared_buffers": "16MB"}
    with (
        server_folder() as folder,
        _small_disk(folder, "192m") as disk,
        EmbeddedPostgres(disk, settings=small) as server,
        ApiProcess(server.dsn, tmp_path / "log") as api,
    ):
        await anyio.to_thread.run_sync(api.wait_until_ready)
        async with aiohttp.ClientSession(api.url) as session:
            sender = Sender(session)
            await sender.insist(delivery(1))
            ballast = disk / "ballast"
            _fill(ballast)
            sent = await _send_until_refused(sender)
            assert len(sender.refusals) == 1
            ballast.unlink()
            _revive(server)
            await sender.insist(*sent)
        assert stored(server.dsn) == expected(sender.acknowledged)


def _fill(ballast: Path) -> None:
    """Write until the disk is full."""
    block = bytes(1 << 16)
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(block)
        except OSError:
            return


async def _send_until_refused(sender: Sender) -> list[Delivery]:
    number = 1
    while True:
        some = [delivery(number + n, f"{SIGNAL}\n{'x' * 3000}") for n in range(200)]
        number += len(some)
        if not await sender.is_taken(*some):
            return some


def _revive(server: EmbeddedPostgres) -> None:
    """Start it if it crashed of the full disk and could not come back."""
    try:
        psycopg.connect(server.dsn).close()
    except psycopg.OperationalError:
        server.stop()
        server.start()


def _is_refused_to_listen(api: ApiProcess) -> bool:
    """Whether the stream's feed has met a standby, which takes no LISTEN."""
    return any("LISTEN" in line["message"] for line in api.lines("feed.waiting"))


async def _answers(sender: Sender, path: str, status: int) -> bool:
    return (await sender.statuses(path))[path] == status
