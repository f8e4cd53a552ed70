"""A gateway with both sources whose program is replaced again and again while Telegram goes on."""

import json
import os
import random
import signal
import sqlite3
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from statistics import median
from typing import Any

import anyio
import anyio.to_thread

from contracts.message import Key
from tests.api_process import ApiProcess
from tests.gateway_process import GatewayProcess
from tests.messages import TOKEN
from tests.pipeline.release import Release
from tests.pipeline.stored import stored
from tests.telegram.bot_api_server import TOKEN as BOT_TOKEN
from tests.telegram.bot_api_server import BotApiServer, bot_api_server
from tests.telegram.bot_story import BotStory
from tests.telegram.gateway_user import told
from tests.telegram.mtproto_server import running_server
from tests.telegram.restless import Restless
from tests.telegram.user_gateway import UserGateway
from tests.telegram.world import Telegram
from tests.waiting import eventually

_SEED = 4711
_WINDOW = 40  # events that a channel's log reaches back: some times away are longer, most are not
_POST = "Ativo: PETR4\nCompra: {},50\nAlvo 1: 999999,00"
_EDIT = "Ativo: VALE3\nCompra: {},25\nAlvo 1: 999999,00"
_LONGEST_SECONDS = 1.0
_PATIENCE = 90  # seconds for a start: what is measured is loss, also on a busy machine


class Upgraded:
    """The gateway at `current`, a link to the release that it runs; its Telegram, and the API."""

    def __init__(
        self, user: UserGateway, restless: Restless, bot: BotApiServer, api: ApiProcess, dsn: str
    ) -> None:
        self.dsn = dsn
        self.restless = restless
        self.bot = bot
        self.api = api
        self.story = BotStory(_SEED)
        self.away: list[float] = []  # seconds from the end of one program to the next one's "ready"
        self.killed = 0
        self._user = user
        self._current = user.outbox.parent / "current"
        self._dice = random.Random(_SEED)
        self.gateway.python = [str(self._current / "bin/python"), "-I", "-W", "error"]

    @property
    def gateway(self) -> GatewayProcess:
        """Its process."""
        return self._user.process

    async def start(self, release: Release) -> None:
        """Put it in its place, and wait until it is ready and says that it is that version."""
        self._current.unlink(missing_ok=True)
        self._current.symlink_to(release.venv)
        await anyio.to_thread.run_sync(self.gateway.start, _PATIENCE)
        health = await anyio.to_thread.run_sync(self._health)
        assert health["version"] == release.version

    async def upgrade(self, release: Release, *, kill: bool) -> None:
        """After some time at work: end it, replace its code, start it."""
        await anyio.sleep(self._dice.uniform(0, _LONGEST_SECONDS))
        begun = time.monotonic()
        if kill:
            await anyio.to_thread.run_sync(self.gateway.kill)
            self.killed += 1
        else:
            self.gateway.signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(self.gateway.wait) == 0
        await self.start(release)
        self.away.append(time.monotonic() - begun)

    async def check_beforehand(self, release: Release) -> dict[str, Any]:
        """What `tpcapital upgrade --check` of the new release says beside the old one."""
        urls = ["--gateway", self.gateway.url, "--api", self.api.url]
        command = [str(release.venv / "bin/tpcapital"), "upgrade", "--check", "--json", *urls]
        environ = {
            "PATH": os.environ["PATH"],
            "OUTBOX_PATH": str(self._user.outbox),
            "TIMESCALEDB_URL": self.dsn,
        }
        done = await anyio.run_process(command, env=environ, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr).decode()
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    @asynccontextmanager
    async def traffic(self, things_a_second: float) -> AsyncIterator[None]:
        """Both kinds of channels are busy inside the block."""
        stop = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.restless.live, things_a_second)
            tasks.start_soon(self.story.tell_on, self.bot, 1 / things_a_second, stop)
            yield
            tasks.cancel_scope.cancel()

    async def settle(self) -> None:
        """Until nothing is on its way, and the database agrees with Telegram, or never will."""
        await eventually(lambda: not self.bot.unconfirmed, 60)
        await eventually(lambda: set(self.outbox("state")) == {"delivered"}, 60)
        with suppress(TimeoutError):  # what is not so is then said by `check`, message by message
            await eventually(self._agrees, 90)

    def check(self) -> None:
        """Each message once, as it is now, the deleted ones deleted, and nothing besides."""
        wrong = self.differences()
        assert not wrong, "\n".join(wrong[:10])
        assert self.bot.violations == []
        assert self._user.server.unscripted == []

    def differences(self) -> list[str]:
        """What the database has otherwise than Telegram: lost, stale, not deleted, made up."""
        channels = [each.marked_id for each in self.restless.channels]
        found = stored(self.dsn, [*channels, *self.story.channels])
        posted = {
            Key(channel.marked_id, id_): text
            for channel in self.restless.channels
            for id_, text in told(channel).items()
        }
        posted |= {Key(*key): texts[-1] for key, texts in self.story.texts.items()}
        present = {key: each.text for key, each in found.items() if each.deleted_at is None}
        wrong = [
            f"{key}: {present.get(key)!r} and not {posted.get(key)!r}"
            for key in sorted(set(present) | set(posted))
            if present.get(key) != posted.get(key)
        ]
        for key, texts in self.story.texts.items():
            if Key(*key) in found and found[Key(*key)].texts != frozenset(texts):
                wrong.append(f"{key}: not all of its texts")
        return wrong

    def outbox(self, column: str) -> Counter[str]:
        """How many rows of the outbox by this column."""
        question = f"SELECT {column}, count(*) FROM outbox GROUP BY {column}"  # noqa: S608  # ours
        path = f"{self._user.outbox.as_uri()}?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as connection:
            return Counter(dict(connection.execute(question).fetchall()))

    def told(self) -> str:
        """One line of figures."""
        away = [*self.away]
        return (
            f"{len(away)} upgrades, {self.killed} of them by SIGKILL;"
            f" away {median(away):.1f} s (median), {max(away):.1f} s (longest);"
            f" {dict(self.restless.done)} by the user session, {self.story.revisions} by the bot;"
            f" rows {dict(self.outbox('outcome'))}"
        )

    async def _agrees(self) -> bool:
        await anyio.sleep(0.2)  # it is a question to the whole database, on a busy machine
        return not await anyio.to_thread.run_sync(self.differences)

    def _health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.gateway.url}/health", timeout=5) as answer:  # noqa: S310  # our own loopback URL
            found: dict[str, Any] = json.loads(answer.read())
            return found


@asynccontextmanager
async def upgraded(folder: Path, dsn: str) -> AsyncIterator[Upgraded]:
    """API and scripted Telegram run; the gateway is ready to be started, gone after the block."""
    telegram = Telegram(seed=_SEED)
    restless = Restless(telegram, channels=4, window=_WINDOW, seed=_SEED)
    restless.texts = (_POST, _EDIT)
    api = ApiProcess(dsn, folder / "api.log", GATEWAY_SECRET_TOKEN=TOKEN)
    async with running_server(telegram) as server, bot_api_server() as bot:
        try:
            await anyio.to_thread.run_sync(api.start)
            await anyio.to_thread.run_sync(api.wait_until_ready)
            variables = {
                "API_ENDPOINT": f"{api.url}/ingest",
                "TELEGRAM_INGESTION_BOT_TOKEN": BOT_TOKEN,
                "TELEGRAM_BOT_API_BASE": bot.base,
                "MAX_DELETIONS": "1000",
                "DRAIN_SECONDS": "2",
            }
            user = UserGateway(folder, server, **variables)
            found = Upgraded(user, restless, bot, api, dsn)
            user.declare(*restless.channels, of_bot=found.story.channels)
            try:
                yield found
            finally:
                await anyio.to_thread.run_sync(found.gateway.kill)
        finally:
            await anyio.to_thread.run_sync(api.kill)
