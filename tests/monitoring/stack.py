"""Everything that is watched, and the faults that are made in it."""

import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from time import time
from typing import NamedTuple

from anyio.to_thread import run_sync

from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.crash.test_faults import small_disk
from tests.gateway_process import GatewayProcess
from tests.monitoring.prometheus import Prometheus
from tests.postgres import TOKEN as API_TOKEN
from tests.telegram.bot_api_server import TOKEN, BotApiServer, bot_api_server
from tests.telegram.bot_updates import post
from tests.waiting import eventually

SIGNAL = "Ativo: PETR4\nCompra: 30,50\nAlvo 1: 31,00\nStop: 29,00"
STRANGE = "Ativo: PETR4\nCompra: abc\nAlvo 1: 31,00"
WRONG = "9d2e4b7a6c8f1035" * 2
DISK_MEGABYTES = 4
_numbers = count(1)


class Stack(NamedTuple):
    """The parts; each fault is undone by the one who made it."""

    database: EmbeddedPostgres
    api: ApiProcess
    gateway: GatewayProcess
    bot: BotApiServer
    prometheus: Prometheus
    token: Path
    disk: Path

    def post(self, text: str = SIGNAL, times: int = 1) -> None:
        """Messages in the channel, live."""
        for _ in range(times):
            number = next(_numbers)
            self.bot.publish("channel_post", post(number, text, date=int(time())))

    async def fire(self, *names: str) -> None:
        """Wait until all of these alerts have been seen firing. Raises AssertionError."""
        missing = set(names)

        async def all_seen() -> bool:
            missing.difference_update(await run_sync(self.prometheus.firing))
            return not missing

        try:
            await eventually(all_seen, 40)
        except TimeoutError:
            raise AssertionError(f"never fired: {sorted(missing)}") from None

    async def resolve(self, *names: str) -> None:
        """Wait until none of these alerts fires. Raises AssertionError."""
        found: set[str] = set()

        async def none_left() -> bool:
            found.clear()
            found.update(set(names) & set(await run_sync(self.prometheus.firing)))
            return not found

        try:
            await eventually(none_left, 40)
        except TimeoutError:
            raise AssertionError(f"still firing: {sorted(found)}") from None

    async def fill_disk(self) -> None:
        """Leave no room where the outbox lives; `free_disk` gives it back."""
        filler = self.disk / "filler"
        command = ["dd", "if=/dev/zero", f"of={filler}", "bs=4k"]
        await run_sync(lambda: subprocess.run(command, capture_output=True, check=False))

    def free_disk(self) -> None:
        """Undo `fill_disk`."""
        (self.disk / "filler").unlink()


@asynccontextmanager
async def running_stack(folder: Path, database_folder: Path) -> AsyncIterator[Stack]:
    """Database, API, gateway with a bot at a scripted Telegram, and Prometheus over them."""
    token = folder / "token"
    token.write_text(API_TOKEN)
    token.chmod(0o600)
    async with bot_api_server() as bot:
        with ExitStack() as stack:
            disk = stack.enter_context(small_disk(folder / "disk", DISK_MEGABYTES))
            server = await run_sync(
                stack.enter_context, EmbeddedPostgres(database_folder, settings={"fsync": "off"})
            )
            api = ApiProcess(server.dsn, folder / "api.log")
            await run_sync(stack.enter_context, api)
            gateway = GatewayProcess(
                disk / "outbox.sqlite3",
                f"{api.url}/ingest",
                folder / "gateway.log",
                API_SECRET_TOKEN="",
                API_SECRET_TOKEN_FILE=str(token),
                GATEWAY_PORT=str(free_port()),
                CANARY_SECONDS="1",
                TELEGRAM_INGESTION_BOT_TOKEN=TOKEN,
                TELEGRAM_BOT_API_BASE=bot.base,
                CHANNELS_FILE=str(folder / "channels.toml"),
                RETRY_MAX_DELAY_MS="300",
            )
            await run_sync(stack.enter_context, gateway)
            targets = {"tp-gateway": gateway.url, "tp-api": api.url}
            prometheus = Prometheus(folder, targets, free_port())
            await run_sync(stack.enter_context, prometheus)
            yield Stack(server, api, gateway, bot, prometheus, token, disk)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
