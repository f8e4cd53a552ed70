"""An open outbox, a telemetry, a scripted destination, and a relay between them."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import anyio
import msgspec
import pytest

from contracts import metrics
from contracts.secret import Token
from contracts.telemetry import Telemetry
from gateway_outbox.channels_file import Channels
from gateway_outbox.control import web
from gateway_outbox.control.canary_control import CanaryControl
from gateway_outbox.control.channel_control import ChannelControl
from gateway_outbox.control.control import CONTROL_HEADER, Control
from gateway_outbox.control.health import Health
from gateway_outbox.control.history_control import HistoryControl
from gateway_outbox.control.sync_control import SyncControl
from gateway_outbox.outbox.outbox import Outbox, open_outbox
from gateway_outbox.outbox.outbox_lock import Holder
from gateway_outbox.relay.api_client import ApiClient, open_api_client
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.relay.canary import Canary
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.relay import Relay
from gateway_outbox.settings import Settings
from gateway_outbox.source import SourceState
from gateway_outbox.user.history_desk import HistoryDesk
from tests.gateway_outbox.scripted_api import ScriptedApi, scripted_api
from tests.messages import TOKEN


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """The gateway's instruments."""
    instruments = Telemetry(metrics.GATEWAY, "test", "0")
    yield instruments
    instruments.close()


@pytest.fixture
async def outbox(tmp_path: Path, telemetry: Telemetry) -> AsyncIterator[Outbox]:
    """An outbox on a real file, its writer running."""
    async with open_outbox(tmp_path / "outbox.sqlite3", telemetry) as opened:
        yield opened


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    """A destination on a real socket."""
    async with scripted_api() as destination:
        yield destination


@pytest.fixture
async def client(api: ScriptedApi) -> AsyncIterator[ApiClient]:
    """A client of that destination."""
    settings = Settings(api_secret_token=Token(TOKEN), api_endpoint=api.url, api_timeout_seconds=30)
    async with open_api_client(settings, lambda: settings.api_secret_token) as opened:
        yield opened


@pytest.fixture
def canary(outbox: Outbox, client: ApiClient, telemetry: Telemetry) -> Canary:
    """A canary that flies when a test sends it."""
    return Canary(outbox, client, 3600, telemetry)


@pytest.fixture
def delivery(outbox: Outbox, client: ApiClient, telemetry: Telemetry) -> Delivery:
    """What sends rows of that outbox to that destination."""
    return Delivery(client, outbox, telemetry)


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    """The relay at work for the length of the block."""
    async with anyio.create_task_group() as tasks:
        await tasks.start(relay.run)
        yield
        tasks.cancel_scope.cancel()


@pytest.fixture
async def relay(
    outbox: Outbox, delivery: Delivery, canary: Canary, telemetry: Telemetry
) -> AsyncIterator[Relay]:
    """A relay that runs, with waits of some milliseconds."""
    made = Relay(outbox, delivery, Backoff(3, 0.01, 0.02), 4, telemetry)
    made.carry(canary)
    async with running(made):
        yield made


class Site(NamedTuple):
    """The gateway's web as it is served, and what it looks at."""

    url: str
    token: str
    session: aiohttp.ClientSession
    source: SourceState
    health: Health
    handlers: list[object]
    shared_token: str = TOKEN

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    async def post(self, path: str, body: object, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON of a control request."""
        headers = {CONTROL_HEADER: self.token if token is None else token}
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        async with self.session.post(self.url + path, data=content, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        async with self.session.get(self.url + path) as answer:
            return answer.status, await answer.text()


@pytest.fixture
def channels(tmp_path: Path) -> Channels:
    """The declared channels: none until a test writes the file and reloads."""
    file = tmp_path / "channels.toml"
    return Channels(Settings(api_secret_token=Token(TOKEN), channels_file=file))


@pytest.fixture
def desk() -> HistoryDesk:
    """Where a test puts a history to read."""
    return HistoryDesk()


@pytest.fixture
async def site(  # noqa: PLR0913, PLR0917  # one argument a part that is served
    outbox: Outbox,
    relay: Relay,
    canary: Canary,
    telemetry: Telemetry,
    channels: Channels,
    desk: HistoryDesk,
) -> AsyncIterator[Site]:
    """The web on a real socket, over the outbox and its running relay."""
    source = SourceState("replay")
    health = Health(outbox, relay, [source], canary)
    health.register(telemetry)
    holder = Holder(os.getpid(), 0, "c" * 64)
    async with anyio.create_task_group() as tasks, aiohttp.ClientSession() as session:
        handlers = [
            web.Web(health, telemetry),
            Control(outbox, holder),
            CanaryControl(canary, relay, holder),
            ChannelControl(outbox, channels, holder, telemetry),
            HistoryControl(outbox, desk, holder),
            SyncControl(outbox, desk, Token(TOKEN)),
        ]
        port = await tasks.start(web.serve, handlers, 0)
        url = f"http://127.0.0.1:{port}"
        yield Site(url, holder.control_token, session, source, health, handlers)
        tasks.cancel_scope.cancel()
