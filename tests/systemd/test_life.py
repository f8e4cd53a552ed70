"""Start, reload, restart, and stop of the installed gateway under a real systemd."""

import os
import re
import signal
import sqlite3
import time
from contextlib import closing

import pytest
from aiohttp import web

from contracts.exit_status import ExitStatus
from contracts.message import Message
from contracts.wire import TOKEN_HEADER
from tests.gateway_outbox.scripted_api import ScriptedApi, scripted_api, status
from tests.systemd.machine import CREDENTIALS, STATE, Machine
from tests.telegram.bot_api_server import BotApiServer, Fault
from tests.telegram.bot_updates import post
from tests.waiting import eventually

TIMEOUT_STOP = 30  # of the unit
NOT_READY = 1  # of `systemctl start`


async def shows(machine: Machine, name: str, pattern: str) -> None:
    """Until a property of the gateway's is so."""

    async def is_so() -> bool:
        return bool(re.search(pattern, await machine.show(name)))

    await eventually(is_so)


def rows() -> dict[str, int]:
    """How many rows of the outbox are in which state."""
    with closing(sqlite3.connect(f"file:{STATE / 'outbox.sqlite3'}?mode=ro", uri=True)) as outbox:
        return dict(outbox.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())


async def test_the_status_line_follows_what_happens(machine: Machine, bot: BotApiServer) -> None:
    """Connected, pending, last message: `systemctl status` alone tells."""
    await machine.start()
    assert (await machine.show("StatusText")).startswith("bot connected; 0 pending; no message")
    bot.publish("channel_post", post(1))
    await shows(
        machine, "StatusText", r"1 pending; retrying \(connect\); last message 2\d{3}-.* UTC"
    )


async def test_a_blocked_gateway_is_ended_and_started_again(machine: Machine) -> None:
    """By the watchdog, with the place where it stood in the log; the outbox is kept."""
    await machine.drop_in("WatchdogSec=2s\nRestartSec=100ms")
    await machine.start()
    before = await machine.pid()
    os.kill(before, signal.SIGSTOP)
    await shows(machine, "NRestarts", "1")
    await shows(machine, "ActiveState", "^active$")
    assert await machine.pid() != before
    await machine.logged("Failed with result 'watchdog'")
    await machine.logged("Fatal Python error: Aborted")


async def test_a_gateway_that_works_outlives_its_watchdog(
    machine: Machine, bot: BotApiServer
) -> None:
    """Telegram and the API being away is no reason to end it."""
    await machine.drop_in("WatchdogSec=2s")
    await machine.start()
    bot.publish("channel_post", post(1))
    bot.choose = lambda: Fault.BAD_GATEWAY
    await shows(machine, "StatusText", "bot transient; 1 pending; retrying")
    before = await machine.show("WatchdogTimestampMonotonic")

    async def many_signs() -> bool:
        passed = int(await machine.show("WatchdogTimestampMonotonic")) - int(before)
        return passed > 2_500_000  # microseconds: more than the watchdog's time

    await eventually(many_signs)
    assert await machine.show("NRestarts") == "0"


async def test_a_killed_gateway_comes_back_with_its_rows(
    machine: Machine, bot: BotApiServer
) -> None:
    """The unit's own state folder, the same user, every row."""
    await machine.drop_in("RestartSec=100ms")
    for number in range(1, 101):
        bot.publish("channel_post", post(number))
    await machine.start()
    await shows(machine, "StatusText", "100 pending")
    os.kill(await machine.pid(), signal.SIGKILL)
    await shows(machine, "NRestarts", "1")
    await shows(machine, "StatusText", "bot connected; 100 pending")
    assert rows() == {"pending": 100}


async def test_a_lost_login_is_not_tried_again(machine: Machine, bot: BotApiServer) -> None:
    """77: the unit has failed, and a start says so at once."""
    await machine.drop_in("RestartSec=100ms")
    await machine.start()
    bot.faults.append(Fault.UNAUTHORIZED)
    bot.publish("channel_post", post(1))  # the poll under way ends, the next is refused
    await shows(machine, "ActiveState", "failed")
    assert await machine.show("ExecMainStatus") == str(int(ExitStatus.LOGIN_REQUIRED))
    machine.secret("telegram_ingestion_bot_token", "987654:some_other_bot")
    assert await machine.systemctl("start", "tp-capital-gateway", check=False) == NOT_READY
    assert await machine.show("ExecMainStatus") == str(int(ExitStatus.LOGIN_REQUIRED))
    assert await machine.show("NRestarts") == "0"
    assert "some_other_bot" not in await machine.journal()


@pytest.mark.parametrize("fault", ["settings", "credential"])
async def test_wrong_settings_are_not_tried_again(machine: Machine, fault: str) -> None:
    """78, with the sentence that says which one."""
    await machine.drop_in("RestartSec=100ms")
    if fault == "settings":
        machine.set(API_ENDPOINT="nowhere")
    else:
        machine.secret("api_secret_token", "change_me")
    assert await machine.systemctl("start", "tp-capital-gateway", check=False) == NOT_READY
    assert await machine.show("ExecMainStatus") == str(int(ExitStatus.CONFIG))
    assert await machine.show("NRestarts") == "0"
    await machine.logged("FATAL API_")


async def test_a_reload_changes_channels_and_no_process(machine: Machine) -> None:
    """SIGHUP by `systemctl reload`; the unit is active after it, as before."""
    await machine.start()
    before = await machine.pid()
    file = STATE / "channels.toml"
    file.write_text("version = 1\n[[channel]]\nid = -1001234567890\n", encoding="utf-8")
    os.chown(file, STATE.stat().st_uid, STATE.stat().st_gid)
    await machine.systemctl("reload", "tp-capital-gateway")
    await machine.logged("1 channels declared")
    await shows(machine, "SubState", "^running$")
    assert await machine.pid() == before


async def test_a_stop_under_load_loses_nothing_and_ends_in_time(
    machine: Machine, bot: BotApiServer
) -> None:
    """What is received is stored; what the API took is settled; the token it took is ours."""
    async with scripted_api() as api:
        machine.set(API_ENDPOINT=api.url, RETRY_DELAY_MS="20", RETRY_MAX_DELAY_MS="20")
        api.script = _slowly
        await machine.start()
        for number in range(1, 1501):
            bot.publish("channel_post", post(number))
        await eventually(lambda: len(api.stored) > 150)
        begun = time.monotonic()
        await machine.systemctl("stop", "tp-capital-gateway")
        seconds = time.monotonic() - begun
        assert await machine.show("Result") == "success"
        assert seconds < TIMEOUT_STOP / 2
        print(f"stopped under load in {seconds:.1f} s")
        found = rows()
        assert sum(found.values()) >= len(api.stored)
        api.script = lambda _api, _messages: None
        await machine.start()
        await eventually(lambda: len(api.stored) == 1500)
        await shows(machine, "StatusText", " 0 pending")
    assert rows() == {"delivered": 1500}
    token = (CREDENTIALS / "api_secret_token").read_text(encoding="ascii").strip()
    assert {headers[TOKEN_HEADER] for headers in api.headers} == {token}


def _slowly(api: ScriptedApi, messages: list[Message]) -> web.StreamResponse | None:
    """Takes one request of three."""
    del messages
    return None if len(api.requests) % 3 == 0 else status(503)
