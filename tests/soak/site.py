"""Everything that a run is made of: scripted Telegram, proxies, both services, the database."""

import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from telethon.tl import functions, types

from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.gateway_process import GatewayProcess
from tests.listener import HOST
from tests.messages import TOKEN as API_TOKEN
from tests.soak.kept_process import KeptProcess
from tests.soak.limits import Limits
from tests.soak.options import Options
from tests.soak.small_disk import SmallDisk, small_disk
from tests.soak.traffic import Traffic
from tests.soak.unruly_proxy import UnrulyProxy
from tests.soak.wall_clock import WallClock
from tests.telegram.bot_api_server import TOKEN, BotApiServer, bot_api_server
from tests.telegram.call import Call
from tests.telegram.client import API_HASH, API_ID
from tests.telegram.mtproto_server import MtprotoServer, running_server
from tests.telegram.session import write_session
from tests.telegram.world import Telegram

_DISK_MEGABYTES = 64
_UNIT = Path(__file__).parents[2] / "systemd" / "tp-capital-gateway.service"


@dataclass
class Site:
    """The parts. A proxy stands before each server: `links` by name."""

    options: Options
    folder: Path
    disk: SmallDisk
    clock: WallClock
    postgres: EmbeddedPostgres | None
    dsn: str
    mtproto: MtprotoServer
    bot: BotApiServer
    traffic: Traffic
    links: dict[str, UnrulyProxy] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    api: KeptProcess = field(init=False)
    gateway: KeptProcess = field(init=False)

    @property
    def too_long(self) -> int:
        """How often a gap was too long for Telegram's log."""
        return len(self.limits.gaps)

    @property
    def outbox(self) -> Path:
        """The gateway's file."""
        return self.disk.folder / "outbox.sqlite3"

    @property
    def services(self) -> tuple[KeptProcess, KeptProcess]:
        """API and gateway."""
        return self.api, self.gateway

    def link(self, name: str, port: int, host: str = HOST) -> UnrulyProxy:
        """A proxy before a server."""
        self.links[name] = UnrulyProxy(host, port)
        return self.links[name]

    def count_too_long(self) -> None:
        """Note the gaps that only a history can fill."""
        asked = functions.updates.GetChannelDifferenceRequest
        answer = self.mtproto.answers[asked]

        def counted(call: Call) -> Any:
            found = answer(call)
            if isinstance(found, types.updates.ChannelDifferenceTooLong):
                channel = self.mtproto.telegram.find(call.request.channel)
                ids = sorted(channel.messages)
                self.limits.note(channel.marked_id, call.request.pts, channel.pts, ids)
            return found

        self.mtproto.answers[asked] = counted


@asynccontextmanager
async def running_site(options: Options, folder: Path) -> AsyncIterator[Site]:
    """All of it, running, with nothing posted yet; gone after the block."""
    with ExitStack() as stack:
        megabytes = int(_DISK_MEGABYTES + options.minutes * 60 * options.rate * 2 / 1000)
        disk = stack.enter_context(
            small_disk(folder / "disk", megabytes if options.faults else None)
        )
        postgres = None if options.dsn else stack.enter_context(EmbeddedPostgres(folder / "pg"))
        dsn = options.dsn or (postgres.dsn if postgres else "")
        clock = WallClock(folder / "clock")
        telegram = Telegram(seed=options.seed)
        async with running_server(telegram) as mtproto, bot_api_server() as bot:
            traffic = Traffic(telegram, bot, options.seed, options.window)
            parts = (options, folder, disk, clock, postgres, dsn, mtproto, bot, traffic)
            async with _linked(Site(*parts)) as site:
                yield site


@asynccontextmanager
async def _linked(site: Site) -> AsyncIterator[Site]:
    target = conninfo_to_dict(site.dsn)
    site.count_too_long()
    async with anyio.create_task_group() as tasks:
        database = site.link(
            "database", int(target.get("port") or 5432), str(target.get("host", HOST))
        )
        telegram = site.link("telegram", site.mtproto.port)
        bot = site.link("bot", site.bot.port)
        async with database.running(tasks), telegram.running(tasks), bot.running(tasks):
            site.mtproto.telegram.address = (HOST, telegram.port)
            try:
                async with _served(site, anyio.create_task_group()):
                    yield site
            finally:
                for service in getattr(site, "api", None), getattr(site, "gateway", None):
                    if service is not None:
                        with anyio.CancelScope(shield=True):
                            await service.kill()


@asynccontextmanager
async def _served(site: Site, tasks: Any) -> AsyncIterator[None]:
    site.api = KeptProcess(_api(site), site.folder, "api")
    await _start_api(site)
    port = int(site.api.process._environ["PORT"])
    async with tasks as inner, site.link("api", port).running(inner):
        site.gateway = KeptProcess(_gateway(site), site.folder, "gateway")
        await site.gateway.start()
        yield


async def _start_api(site: Site) -> None:
    """The first start, which chooses the port for all that follow, and migrates the database."""
    api = site.api.process
    assert isinstance(api, ApiProcess)
    await anyio.to_thread.run_sync(api.start)
    await anyio.to_thread.run_sync(api.wait_until_ready)
    await anyio.to_thread.run_sync(api.kill)
    await site.api.start()


def _api(site: Site) -> ApiProcess:
    dsn = make_conninfo(site.dsn, host=HOST, port=site.links["database"].port)
    log = site.folder / "api-0.log"
    return ApiProcess(dsn, log, GATEWAY_SECRET_TOKEN=API_TOKEN, **_faked(site))


def _gateway(site: Site) -> GatewayProcess:
    session = site.folder / "session"
    session.mkdir(mode=0o700)
    port = site.links["telegram"].port
    write_session(session / "gateway.session", site.mtproto.telegram.login(), port)
    return GatewayProcess(
        site.outbox,
        f"http://{HOST}:{site.links['api'].port}/ingest",
        site.folder / "gateway-0.log",
        SESSION_DIR=str(session),
        CHANNELS_FILE=str(site.folder / "channels.toml"),
        TELEGRAM_API_ID=str(API_ID),
        TELEGRAM_API_HASH=API_HASH,
        TELEGRAM_DC=f"2@{HOST}:{port}",
        TELEGRAM_SOURCE_CHANNELS=",".join(str(each.channel_id) for each in site.traffic.places),
        TELEGRAM_INGESTION_BOT_TOKEN=TOKEN,
        TELEGRAM_BOT_API_BASE=f"http://{HOST}:{site.links['bot'].port}",
        RECONCILE_SECONDS=str(site.options.reconcile_seconds),
        MAX_DELETIONS="100000",
        FIRST_SIGHT_MESSAGES="1000000",  # a run may be long before a channel has its first turn
        CANARY_SECONDS="10",
        RETRY_MAX_DELAY_MS="1000",
        **_as_under_systemd(),
        **_faked(site),
    )


def _as_under_systemd() -> dict[str, str]:
    """What the unit sets; it decides how much memory is kept."""
    lines = re.findall(r"^Environment=(.*)$", _UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(word.split("=", 1) for line in lines for word in line.split())


def _faked(site: Site) -> dict[str, str]:
    return site.clock.variables if site.options.faults else {}
