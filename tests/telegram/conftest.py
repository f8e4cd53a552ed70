"""A scripted Telegram, a client at it, and a gateway's parts beside it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from telethon import TelegramClient

from contracts import metrics
from contracts.telemetry import Telemetry
from gateway_outbox.outbox import open_outbox
from tests.telegram.channel import Channel
from tests.telegram.client import connected_client
from tests.telegram.gateway_user import Site
from tests.telegram.mtproto_server import MtprotoServer, running_server
from tests.telegram.world import Telegram


@pytest.fixture
def telegram() -> Telegram:
    """A world with nothing in it but `me`."""
    return Telegram()


@pytest.fixture
def mesa(telegram: Telegram) -> Channel:
    """A source channel with five messages."""
    channel = telegram.channel("Mesa", "mesa")
    for number in range(1, 6):
        channel.post(f"old {number}", push=False)
    return channel


@pytest.fixture
async def server(telegram: Telegram) -> AsyncIterator[MtprotoServer]:
    """A running server that was asked nothing it could not answer."""
    async with running_server(telegram) as server:
        yield server
        assert server.unscripted == []


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """The gateway's instruments."""
    instruments = Telemetry(metrics.GATEWAY, "test", "0")
    yield instruments
    instruments.close()


@pytest.fixture
async def site(tmp_path: Path, telemetry: Telemetry, server: MtprotoServer) -> AsyncIterator[Site]:
    """An outbox, a session file and a channels file, for user sources at the scripted server."""
    async with open_outbox(tmp_path / "outbox.sqlite3", telemetry) as outbox:
        yield Site(tmp_path, outbox, telemetry, server)


@pytest.fixture
async def client(server: MtprotoServer, tmp_path: Path) -> AsyncIterator[TelegramClient]:
    """A connected client."""
    async with connected_client(server, tmp_path) as client:
        yield client
