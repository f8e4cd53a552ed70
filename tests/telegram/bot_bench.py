"""A bot source on a real outbox, against the scripted Bot API server."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import msgspec

from contracts import metrics
from contracts.message import Message
from contracts.secret import Secret, Token
from contracts.telemetry import Telemetry
from gateway_outbox.bot.bot_api_source import BotApi
from gateway_outbox.bot.bot_source import BotSource, Polling
from gateway_outbox.channels_file import Channels
from gateway_outbox.outbox.outbox import Outbox, open_outbox
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.settings import Settings
from tests.messages import TOKEN as API_TOKEN
from tests.telegram.bot_api_server import TOKEN, BotApiServer, bot_api_server


@dataclass
class Bench:
    """The parts. `running` may be entered again and again: each time is a new process's life."""

    server: BotApiServer
    outbox: Outbox
    telemetry: Telemetry
    channels: Channels
    path: Path

    def source(self, token: str = TOKEN, **polling: Any) -> BotSource:
        """A source that was not started."""
        chosen: dict[str, Any] = {"backoff": Backoff(3, 0.01, 0.02), "seconds": 20}
        chosen |= {"conflict_seconds": 0.2, **polling}
        # Longer than the 3 s that the server waits at least when it is asked the same again.
        api = BotApi(Secret(token), self.server.base, patience=4)
        return BotSource(api, self.channels, self.outbox, self.telemetry, Polling(**chosen))

    @asynccontextmanager
    async def running(self, **polling: Any) -> AsyncIterator[BotSource]:
        """A source that polls for the length of the block."""
        source = self.source(**polling)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(source.run)
            yield source
            tasks.cancel_scope.cancel()

    def rows(self, question: str = "SELECT payload FROM outbox ORDER BY seq") -> list[Any]:
        """Rows of the outbox, as they are committed."""
        address = f"file:{self.path}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return connection.execute(question).fetchall()

    def messages(self) -> list[Message]:
        """Every stored revision, in order of arrival."""
        return [msgspec.json.decode(row[0], type=Message) for row in self.rows()]

    def ids(self) -> list[int]:
        """Their message ids."""
        return [row[0] for row in self.rows("SELECT message_id FROM outbox ORDER BY seq")]

    def metric(self, line: str) -> float:
        """A number of `/metrics`, by its name and labels."""
        text = self.telemetry.exposition().decode()
        (found,) = [each for each in text.splitlines() if each.startswith(f"{line} ")]
        return float(found.rpartition(" ")[2])


@asynccontextmanager
async def bot_bench(folder: Path, **settings: Any) -> AsyncIterator[Bench]:
    """The parts, without a source that runs."""
    path = folder / "outbox.sqlite3"
    chosen = {"channels_file": folder / "channels.toml", **settings}
    channels = Channels(Settings(api_secret_token=Token(API_TOKEN), **chosen))
    telemetry = Telemetry(metrics.GATEWAY, "test", "0")
    async with bot_api_server() as server, open_outbox(path, telemetry) as outbox:
        yield Bench(server, outbox, telemetry, channels, path)
    telemetry.close()
