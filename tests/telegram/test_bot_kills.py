"""A gateway with its bot is killed again and again while Telegram posts, edits and fails."""

import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.gateway_process import GatewayProcess
from tests.telegram.bot_api_server import BotApiServer, Fault, bot_api_server
from tests.telegram.bot_bench import bot_bench
from tests.telegram.bot_gateway import gateway
from tests.telegram.bot_story import BotStory, rows
from tests.waiting import eventually

_SEED = 4711
_FAULTS = (
    *(Fault.DROP, Fault.LOSE_ANSWER, Fault.BAD_GATEWAY),
    *(Fault.NO_DESCRIPTION, Fault.GARBAGE, Fault.CONFLICT),
)


@dataclass
class Torment:
    """What the kills met: updates committed but not confirmed, or sent but not committed."""

    kills: int = 0
    unconfirmed: int = 0
    uncommitted: int = 0

    def note(self, server: BotApiServer, committed: int) -> None:
        """A kill fell now."""
        self.kills += 1
        self.unconfirmed += committed > len(server.confirmed)
        self.uncommitted += len(server.served) > committed


def committed(outbox: Path) -> int:
    """How many revisions are on disk."""
    if not outbox.exists():
        return 0
    return len(rows(outbox, "SELECT channel_id, message_id, source FROM outbox"))


def _asked(server: BotApiServer, times: int) -> bool:
    return len(server.offsets()) >= times


async def kill_often(
    process: GatewayProcess, server: BotApiServer, kills: int, dice: random.Random
) -> Torment:
    """Start and kill, each time some requests later, at a random moment of what follows."""
    torment = Torment()
    for _ in range(kills):
        enough = len(server.offsets()) + dice.randint(1, 6)
        process.launch()
        await eventually(partial(_asked, server, enough))
        await anyio.sleep(dice.choice([0, dice.uniform(0, 0.005), dice.uniform(0, 0.05)]))
        await anyio.to_thread.run_sync(process.kill)
        torment.note(server, committed(process.outbox))
    return torment


async def settle(process: GatewayProcess, server: BotApiServer) -> None:
    """Let the rest arrive, and stop in order."""
    await eventually(lambda: not server.unconfirmed, 60)
    await eventually(lambda: process.logged("service.ready"))
    process.signal(signal.SIGTERM)
    assert await anyio.to_thread.run_sync(process.wait) == 0


async def survive(folder: Path, kills: int, pause: float) -> tuple[Torment, BotApiServer]:
    """Tell a story under kills and faults, let it come to rest, and check the set."""
    dice, begun = random.Random(_SEED), time.monotonic()
    story, stop = BotStory(_SEED), anyio.Event()
    async with bot_api_server() as server:
        process = gateway(folder, server)
        server.choose = lambda: dice.choice(_FAULTS) if dice.random() < 0.45 else None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(story.tell_on, server, pause, stop)
                torment = await kill_often(process, server, kills, dice)
                stop.set()
            server.choose = lambda: None
            process.launch()
            await settle(process, server)
        finally:
            await anyio.to_thread.run_sync(process.kill)
        story.check(process.outbox)
        assert server.violations == []
        again = server.served.total() - len(server.served)
    faults = {fault.name: count for fault, count in server.faulted.items()}
    print(f"{torment}, {faults}, {story.revisions} revisions, {again} sent more than once,")
    print(f"in {time.monotonic() - begun:.1f} s")
    assert story.revisions > 10 * kills
    assert again > 0
    return torment, server


async def test_some_kills_lose_nothing(tmp_path: Path) -> None:
    """Each text once, the last one the latest."""
    torment, _ = await survive(tmp_path, kills=4, pause=0.01)
    assert torment.kills == 4
    assert torment.unconfirmed + torment.uncommitted > 0


@pytest.mark.long(minutes=4)
@pytest.mark.timeout(300)
async def test_a_hundred_kills_and_a_hundred_faults_lose_nothing(tmp_path: Path) -> None:
    """Each text once, the last one the latest; and the kills fell where it matters."""
    torment, server = await survive(tmp_path, kills=100, pause=0.015)
    assert torment.kills >= 100
    assert torment.unconfirmed >= 20
    assert torment.uncommitted >= 5
    dropped = (Fault.DROP, Fault.LOSE_ANSWER, Fault.BAD_GATEWAY, Fault.NO_DESCRIPTION)
    assert sum(server.faulted[each] for each in dropped) >= 100


async def test_a_stop_in_mid_batch_loses_nothing(tmp_path: Path) -> None:
    """Stopped twenty times at any moment: what is confirmed is on disk, every time."""
    dice, story, stop = random.Random(_SEED), BotStory(_SEED), anyio.Event()
    async with bot_bench(tmp_path) as bench, anyio.create_task_group() as tasks:
        tasks.start_soon(story.tell_on, bench.server, 0.001, stop)
        unconfirmed = 0
        for _ in range(20):
            calls = len(bench.server.offsets())
            async with bench.running():
                await eventually(partial(_asked, bench.server, calls + 1))
                await anyio.sleep(dice.uniform(0, 0.02))
            assert bench.outbox.pending >= len(bench.server.confirmed)
            unconfirmed += bench.outbox.pending > len(bench.server.confirmed)
        stop.set()
        async with bench.running():
            await eventually(lambda: not bench.server.unconfirmed)
        assert unconfirmed >= 5
        story.check(bench.path)


@asynccontextmanager
async def started(process: GatewayProcess) -> AsyncIterator[GatewayProcess]:
    """Running within the block."""
    process.launch()
    try:
        yield process
    finally:
        await anyio.to_thread.run_sync(process.kill)


async def test_sigterm_in_mid_batch_loses_nothing(tmp_path: Path) -> None:
    """The process ends with 0 and confirms nothing on its way out; the next one has the rest."""
    story = BotStory(_SEED)
    async with bot_api_server() as server:
        for _ in range(700):
            story.tell(server)
        process = gateway(tmp_path, server)
        async with started(process):
            await eventually(lambda: len(server.offsets()) == 3)
            process.signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(process.wait) == 0
            assert committed(process.outbox) >= len(server.confirmed)
        assert 0 < len(server.confirmed) < 700
        async with started(process):
            await settle(process, server)
        story.check(process.outbox)
