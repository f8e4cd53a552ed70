"""The installed gateway gets another version under traffic, as docs/howto/upgrade.md has it."""

import json
import os
import signal
import time
from pathlib import Path

import anyio
import anyio.to_thread

from contracts.version import current
from tests.gateway_outbox.scripted_api import ScriptedApi, scripted_api
from tests.pipeline.release import Release, put
from tests.systemd.machine import PROGRAM, STATE, Machine
from tests.telegram.bot_api_server import BotApiServer
from tests.telegram.bot_story import BotStory
from tests.waiting import eventually

VENV = Path(PROGRAM).parent.parent
PAUSE = 0.02
NEWER = "1.1.0"


async def version(machine: Machine) -> str:
    """What the running gateway says it is; nothing while it does not answer."""
    address = "http://127.0.0.1:4006/health"
    status, said = await machine.run("curl", "-s", address, check=False)
    return str(json.loads(said)["version"]) if status == 0 and said else ""


async def upgrade(machine: Machine, release: Release, source: Path, *, kill: bool) -> float:
    """The new files over the old ones, then a restart, or a crash; seconds without a gateway."""
    await anyio.to_thread.run_sync(put, release, source)
    begun = time.monotonic()
    if kill:
        os.kill(await machine.pid(), signal.SIGKILL)
    else:
        await machine.systemctl("restart", "tp-capital-gateway")

    async def is_the_new_one() -> bool:
        return await version(machine) == release.version

    await eventually(is_the_new_one)
    return time.monotonic() - begun


async def test_upgrades_under_traffic_lose_and_double_nothing(
    machine: Machine, bot: BotApiServer, tmp_path: Path
) -> None:
    """By `systemctl restart`, and by a crash after which systemd starts the new one."""
    story, stop, away = BotStory(4711), anyio.Event(), []
    await machine.drop_in("RestartSec=100ms")
    async with scripted_api() as api:
        machine.set(API_ENDPOINT=api.url, RETRY_DELAY_MS="20", RETRY_MAX_DELAY_MS="20")
        await machine.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(story.tell_on, bot, PAUSE, stop)
            for number, name in enumerate((NEWER, current(), NEWER, current())):
                release, source = Release(name, VENV), tmp_path / str(number)
                away.append(await upgrade(machine, release, source, kill=number >= 2))
            stop.set()
        await eventually(lambda: not bot.unconfirmed)
        await eventually(lambda: len(api.stored) == story.revisions)
    story.check(STATE / "outbox.sqlite3")
    check(api, story)
    assert bot.violations == []
    print(f"4 upgrades of the unit, {story.revisions} messages, longest away {max(away):.1f} s")


def check(api: ScriptedApi, story: BotStory) -> None:
    """The API has every text of every message, and none that nobody wrote."""
    told = {(key, text) for key, texts in story.texts.items() for text in texts}
    assert {((key.channel_id, key.message_id), text) for key, text in api.stored} == told
