"""A gateway with a bot, as a process: what it needs, how it ends, what it weighs."""

import signal
from pathlib import Path

import anyio.to_thread
import pytest

from contracts.environment import SettingsError
from contracts.exit_status import ExitStatus
from contracts.secret import Secret, Token
from gateway_outbox.settings import Settings
from tests.messages import TOKEN as API_TOKEN
from tests.telegram.bot_api_server import TOKEN, bot_api_server
from tests.telegram.bot_gateway import gateway
from tests.telegram.bot_updates import post
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(60)
MOST_MIB = 110


def resident_mib(pid: int) -> float:
    """A process's memory."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


async def test_it_stays_small_and_tells_nobody_its_token(tmp_path: Path) -> None:
    """Models on demand are what keeps it below; a debug log has no token in it either."""
    async with bot_api_server() as server:
        for number in range(1, 301):
            server.publish("channel_post", post(number))
        process = gateway(tmp_path, server, LOG_LEVEL="debug")
        process.launch()
        try:
            await eventually(lambda: len(server.confirmed) == 300)
            size = resident_mib(process.pid)
            assert size < MOST_MIB
            print(f"{size:.0f} MiB with a bot")
            process.signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(process.wait) == ExitStatus.OK
        finally:
            await anyio.to_thread.run_sync(process.kill)
    assert not process.logged("aiogram.plain_import")
    assert TOKEN.partition(":")[2] not in process.text


async def test_without_a_valid_token_it_ends_with_77(tmp_path: Path) -> None:
    """With the sentence that says where to get one; a supervisor does not start it again."""
    async with bot_api_server() as server:
        process = gateway(tmp_path, server, token="987654:some_other_bot")
        process.launch()
        try:
            status = await anyio.to_thread.run_sync(process.wait)
        finally:
            await anyio.to_thread.run_sync(process.kill)
    assert status == ExitStatus.LOGIN_REQUIRED
    (line,) = process.lines("source.lost")
    assert "Get a token of @BotFather" in line["message"]
    assert "some_other_bot" not in process.text


async def test_a_webhook_goes_only_when_it_is_told_to(tmp_path: Path) -> None:
    """`--take-over` is the setting TAKE_OVER_WEBHOOK for one start."""
    async with bot_api_server() as server:
        server.webhook = "https://hooks.example.org/x"
        process = gateway(tmp_path, server, TAKE_OVER_WEBHOOK="true")
        process.launch()
        try:
            await eventually(lambda: server.waiting == 1)
        finally:
            await anyio.to_thread.run_sync(process.kill)
    assert process.logged("bot.webhook_removed")
    assert server.violations == []


@pytest.mark.parametrize("token", ["b0t", "12:", ":abc", "12:a b", "12:a/b", "botx:abc"])
def test_what_is_no_token_is_refused_at_the_start(token: str) -> None:
    """With a sentence, and without the token in it."""
    with pytest.raises(SettingsError, match="is no bot token") as raised:
        Settings(api_secret_token=Token(API_TOKEN), telegram_ingestion_bot_token=Secret(token))
    assert f" {token} " not in str(raised.value)
