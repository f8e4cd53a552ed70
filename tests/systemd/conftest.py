"""Tests that install services: only in the throw-away machine that `in_lab` runs in."""

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.systemd.machine import GATEWAY, Machine
from tests.telegram.bot_api_server import TOKEN, BotApiServer, bot_api_server

if not os.environ.get("TPCAPITAL_SYSTEMD"):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
async def machine() -> AsyncIterator[Machine]:
    """The services installed with their settings as delivered, and nothing running."""
    found = Machine()
    await found.prepare()
    yield found
    await found.forget()


@pytest.fixture
async def bot(machine: Machine) -> AsyncIterator[BotApiServer]:
    """A server for the gateway's bot, whose token is a credential."""
    async with bot_api_server() as server:
        machine.set(TELEGRAM_BOT_API_BASE=server.base)
        machine.secret("telegram_ingestion_bot_token", TOKEN)
        yield server


@pytest.fixture(scope="session", autouse=True)
def _is_a_lab() -> None:
    """Never on somebody's machine."""
    container = subprocess.run(["systemctl", "show-environment"], capture_output=True, check=False)
    assert Path("/lab/run").exists(), f"{GATEWAY} would be installed here"
    assert container.returncode == 0
