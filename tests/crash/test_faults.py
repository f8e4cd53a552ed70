"""Full disks, failing disks, stops under load, an API that never answers: nothing is lost."""

import itertools
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from contracts.secret import Token
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.api_client import open_api_client
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.relay import Relay
from gateway_outbox.settings import Settings
from tests.crash.story import Story, tell
from tests.crash.tracing import needs_strace
from tests.gateway_outbox.conftest import outbox, telemetry
from tests.gateway_outbox.scripted_api import ScriptedApi, scripted_api
from tests.gateway_process import GatewayProcess
from tests.messages import TOKEN, messages
from tests.waiting import eventually

__all__ = ["outbox", "telemetry"]  # fixtures

_OUTBOX_IO = 74


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, of so many megabytes."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("skipped: no right to mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def gateway_for(
    api: ScriptedApi, folder: Path, told: Story, rate: float | None = None
) -> tuple[GatewayProcess, Path]:
    """A gateway that replays the story into the API at a rate, and its outbox."""
    folder.mkdir(exist_ok=True)
    told.write(folder / "result.json")
    outbox = folder / "outbox.sqlite3"
    gateway = GatewayProcess(outbox, api.url, folder / "gateway.log")
    gateway.replay(folder / "result.json", rate)
    return gateway, outbox


def texts(path: Path, state: str = "%") -> set[str]:
    """The texts in an outbox, of one state or of all."""
    question = "SELECT json_extract(cast(payload AS TEXT), '$.text') FROM outbox WHERE state LIKE ?"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return {row[0] for row in connection.execute(question, (state,))}


def told_by(told: Story) -> set[str]:
    """Every text of a story."""
    return {post.text for post in told.posts}


async def test_a_full_disk_holds_the_replay_until_there_is_space(tmp_path: Path) -> None:
    """On a file system without space the gateway waits; with space it goes on by itself."""
    told = tell(2000, 1)
    with small_disk(tmp_path / "disk", 8) as disk:
        async with scripted_api() as api:
            gateway, path = gateway_for(api, disk, told)
            gateway._log = tmp_path / "gateway.log"
            ballast = disk / "ballast"
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            ballast.write_bytes(b"\0" * (free - 512 * 1024))
            with gateway:
                await eventually(lambda: gateway.logged("outbox.held"))
                assert len(api.stored) < 2000
                ballast.unlink()
                await eventually(lambda: set(api.texts) == told_by(told), 30)
                assert not gateway.has_ended
                gateway.signal(signal.SIGTERM)
                assert await anyio.to_thread.run_sync(gateway.wait) == 0
        assert texts(path, "delivered") == told_by(told)


async def disk_error(folder: Path, number: int) -> bool:
    """A sync of the log fails, the n-th: what came of it; whether it was reached."""
    told = tell(12, number)
    async with scripted_api() as api:
        gateway, path = gateway_for(api, folder, told, rate=100)
        fail = f"--inject=fdatasync:error=EIO:when={number}"
        strace = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P", f"{path}-wal", fail]
        gateway._prefix = strace
        gateway.launch()  # it may end before it is ready
        try:
            await eventually(
                lambda: gateway.has_ended or set(api.texts) == told_by(told), seconds=30
            )
            failed = gateway.has_ended
            assert not failed or gateway.wait() == _OUTBOX_IO
        finally:
            gateway.kill()
        assert not api.texts or set(api.texts) <= texts(path)
        gateway._prefix = []
        with gateway:
            await eventually(lambda: set(api.texts) == told_by(told), seconds=30)
    return failed


@needs_strace
async def test_a_failing_disk_ends_the_gateway_and_a_restart_delivers(tmp_path: Path) -> None:
    """EIO on a sync: status 74, nothing sent that is not stored, everything sent after."""
    assert await disk_error(tmp_path / "3", 3)


@needs_strace
@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_failing_disk_ends_the_gateway_at_any_sync(tmp_path: Path) -> None:
    """The same at each sync of the log until one replay makes no more of them."""
    for number in itertools.count(1):
        if not await disk_error(tmp_path / str(number), number):
            break
    print(f"EIO at each of {number - 1} syncs")
    assert number > 10


async def stop_under_load(folder: Path, arrived: int) -> tuple[float, int]:
    """SIGTERM when so many messages have arrived; how long the stop took, what was stored."""
    told = tell(3000, 7)
    async with scripted_api() as api:
        gateway, path = gateway_for(api, folder, told, rate=2000)
        with gateway:
            await eventually(lambda: len(api.stored) >= arrived)
            begun = time.monotonic()
            gateway.signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(gateway.wait) == 0
            seconds = time.monotonic() - begun
        stored = texts(path)
        assert stored == {post.text for post in told.posts[: len(stored)]}
        assert texts(path, "delivered") == stored == set(api.texts)
        log = path.with_name("outbox.sqlite3-wal")
        assert not log.exists() or log.stat().st_size == 0
    return seconds, len(stored)


async def stops(folder: Path, count: int) -> None:
    """So many stops, each a little later in the replay; the first before anything arrived."""
    seen = [await stop_under_load(folder / str(n), n * 100) for n in range(count)]
    slowest = max(seconds for seconds, _ in seen)
    between = sum(0 < stored < 3000 for _, stored in seen)
    print(f"{count} stops, {between} amid the replay, the slowest took {slowest:.2f} s")
    assert between > 0


async def test_a_stop_under_load_loses_nothing(tmp_path: Path) -> None:
    """SIGTERM thrice amid a replay: status 0 in seconds, all delivered, the log folded away."""
    await stops(tmp_path, 3)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_twenty_stops_under_load_lose_nothing(tmp_path: Path) -> None:
    """The same twenty times, at twenty moments of the replay."""
    await stops(tmp_path, 20)


@contextmanager
def deaf_port(*, accepting: bool) -> Iterator[int]:
    """A port that takes connections and says nothing; half open, it does not even take them."""
    with socket.socket() as listener, socket.socket() as queued:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16 if accepting else 0)
        port: int = listener.getsockname()[1]
        if not accepting:
            queued.connect(("127.0.0.1", port))  # fills the queue: the next one hangs
        yield port


@asynccontextmanager
async def relay_to(
    outbox: Outbox, telemetry: Telemetry, port: int, patience: float
) -> AsyncIterator[Relay]:
    """A relay whose requests to that port are given so many seconds."""
    settings = Settings(
        api_secret_token=Token(TOKEN),
        api_endpoint=f"http://127.0.0.1:{port}/ingest",
        api_timeout_seconds=patience,
    )
    async with open_api_client(settings, lambda: settings.api_secret_token) as client:
        delivery = Delivery(client, outbox, telemetry)
        relay = Relay(outbox, delivery, Backoff(3, 0.01, 0.02), 4, telemetry)
        async with anyio.create_task_group() as tasks:
            await tasks.start(relay.run)
            yield relay
            tasks.cancel_scope.cancel()


@pytest.mark.parametrize("accepting", [True, False])
async def test_a_deaf_api_never_holds_an_append(
    outbox: Outbox, telemetry: Telemetry, *, accepting: bool
) -> None:
    """Two hundred commits, one after the other, while the first request hangs all the time."""
    with deaf_port(accepting=accepting) as port:
        async with relay_to(outbox, telemetry, port, patience=600) as relay:
            first, *others = messages(200)
            await outbox.append([first], "bot")
            await eventually(lambda: bool(relay._in_flight))
            for each in others:
                await outbox.append([each], "bot")
            assert [*relay._in_flight] == [1]
            assert (relay.trouble, relay.retries) == (None, 0)
    assert outbox.pending == 200


@pytest.mark.parametrize("accepting", [True, False])
async def test_a_deaf_api_is_asked_again(
    outbox: Outbox, telemetry: Telemetry, *, accepting: bool
) -> None:
    """When a request's time is up; meanwhile nothing is settled."""
    await outbox.append(messages(100), "bot")
    with deaf_port(accepting=accepting) as port:
        async with relay_to(outbox, telemetry, port, patience=0.1) as relay:
            await eventually(lambda: relay.retries >= 3)
            assert relay.trouble is not None
    assert outbox.pending == 100
