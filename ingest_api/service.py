"""The composition root: what runs beside what, and how it stops."""

import logging
import signal
import socket
from asyncio import InvalidStateError, get_running_loop
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import anyio
import psycopg
from anyio.abc import TaskGroup
from hypercorn.asyncio import serve
from hypercorn.typing import ASGIFramework

from contracts.exit_status import ExitStatus
from contracts.metrics import API
from contracts.telemetry import Telemetry
from contracts.version import current
from ingest_api.app import Endpoints, build_app
from ingest_api.database.database import Pool, open_pool
from ingest_api.database.migrate import migrate
from ingest_api.database.replica import ReplicaStatements, open_replica
from ingest_api.database.statements import Statements
from ingest_api.gateway.gateway_link import GatewayLink
from ingest_api.gateway.gateway_views import GatewayViews
from ingest_api.gateway.registered_bot import BotRegister
from ingest_api.gateway.registered_channel import ChannelRegister
from ingest_api.health import Health
from ingest_api.ingest.canary import CanaryDesk
from ingest_api.ingest.coalescer import Coalescer
from ingest_api.ingest.ingest import Ingest
from ingest_api.ingest.intake import Intake
from ingest_api.ingest.store import Store
from ingest_api.ingest.token_use import TokenDesk
from ingest_api.life import Life
from ingest_api.listener import listen, server_config, unread_is_no_error
from ingest_api.log_ring import LogRing
from ingest_api.page_routes import PageRoutes
from ingest_api.request.api_key import ApiKey
from ingest_api.request.edge import EdgeSettings
from ingest_api.request.gateway_token import GatewayTokens
from ingest_api.settings import Settings, words
from ingest_api.signals.catalog import Catalog
from ingest_api.signals.forwarded_messages import ForwardedMessages
from ingest_api.signals.images import Images
from ingest_api.signals.rescan import Rescan
from ingest_api.signals.signal_channels import SignalChannels
from ingest_api.signals.signal_feed import SignalFeed
from ingest_api.signals.signal_stream import SignalStream
from ingest_api.signals.signals import Signals

_log = logging.getLogger(__name__)

_DRAIN_SECONDS = 10.0  # more than any request's own bound
_STOP_SECONDS = 12.0  # more than Hypercorn's own
_DATABASE_PAUSE_SECONDS = 3.0


class Service:
    """One process of the ingest API.

    `run` holds everything in one task group: the server, the flushers, the wait for the database
    and the wait for signals. Any of them that fails ends it, and raises what it met.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._life = Life()
        self._telemetry = Telemetry(API, "tpcapital-ingest-api", current())
        self._slots = anyio.Semaphore(settings.max_in_flight, fast_acquire=True)
        self._stopping = anyio.Event()
        self._served = anyio.Event()
        self._ready = anyio.Event()
        self._draining = anyio.Event()
        self._log_ring = LogRing(settings.log_history_size, settings.secrets)
        self._status = ExitStatus.OK

    async def run(self) -> ExitStatus:
        """Serve until a signal. Raises PortBusyError, MigrationError, or what a task died of."""
        settings = self._settings
        with self._logging(), listen(settings.host, settings.port) as listener:
            async with (
                open_pool(settings) as pool,
                open_replica(settings) as replica,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(self._stop_on_signal, tasks)
                tasks.start_soon(self._prepare_database)
                coalescer = Coalescer(
                    Store(pool, self._telemetry).record, flushers=settings.flushers
                )
                tasks.start_soon(coalescer.run)
                feed = SignalFeed(settings, Statements(pool))
                tasks.start_soon(self._feed_listeners, feed)
                # A task of its own: Hypercorn cancels and revives the task it runs in.
                tasks.start_soon(self._serve, listener, self._app(pool, replica, coalescer, feed))
                await self._served.wait()
                tasks.cancel_scope.cancel()
        self._telemetry.close()
        return self._status

    @contextmanager
    def _logging(self) -> Iterator[None]:
        """Lines of the log are remembered for GET /logs."""
        logging.getLogger().addHandler(self._log_ring)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(self._log_ring)

    def _app(
        self, pool: Pool, replica: Pool | None, coalescer: Coalescer, feed: SignalFeed
    ) -> ASGIFramework:
        """The application on its parts; the gauges read them."""
        telemetry, settings = self._telemetry, self._settings
        telemetry.gauge(
            "api_requests_in_flight", lambda: settings.max_in_flight - self._slots.value
        )
        telemetry.gauge("api_pool_connections", partial(_connections, pool))
        telemetry.gauge(
            "api_pool_waiting_requests", lambda: pool.get_stats().get("requests_waiting", 0)
        )
        telemetry.gauge("api_stream_listeners", lambda: feed.listeners)
        intake = Intake(self._life, GatewayTokens(settings.tokens), telemetry, self._slots)
        ingest = Ingest(intake, coalescer.submit, self._life, telemetry)
        endpoints = self._endpoints(pool, self._reads(pool, replica), feed, intake, ingest)
        telemetry.gauge("pipeline_lost_messages", lambda: endpoints.link.lost_messages)
        return build_app(  # type: ignore[return-value]  # ASGI in Starlette's words and in Hypercorn's
            endpoints, _edge(settings), words(settings.trusted_proxies)
        )

    def _reads(self, pool: Pool, replica: Pool | None) -> Statements:
        if replica is None:
            return Statements(pool)
        return ReplicaStatements(pool, replica, self._telemetry)

    def _endpoints(
        self, pool: Pool, statements: Statements, feed: SignalFeed, intake: Intake, ingest: Ingest
    ) -> Endpoints:
        settings = self._settings
        catalog, link = Catalog(statements), GatewayLink(statements, intake)
        return Endpoints(
            ingest=ingest,
            canary=CanaryDesk(statements, intake),
            tokens=TokenDesk(intake),
            link=link,
            signals=Signals(catalog),
            stream=SignalStream(feed, self._life),
            messages=ForwardedMessages(statements),
            signal_channels=SignalChannels(statements, settings.tz),
            channels=ChannelRegister(statements, settings.tz),
            bots=BotRegister(statements, settings.tz),
            gateway=GatewayViews(link, settings.tz),
            rescan=Rescan(pool),
            logs=self._log_ring,
            images=Images(settings.media_dir),
            health=Health(catalog, link, self._life, self._telemetry),
            telemetry=self._telemetry,
            page=PageRoutes(statements, catalog, link),
            key=ApiKey(settings.tp_capital_api_key, reads=settings.require_api_key_for_reads),
        )

    async def _feed_listeners(self, feed: SignalFeed) -> None:
        """From the time that there are signals until the service stops."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run_feed, feed)
            await self._draining.wait()
            tasks.cancel_scope.cancel()
        feed.close()

    async def _run_feed(self, feed: SignalFeed) -> None:
        await self._ready.wait()
        await feed.run()

    async def _serve(self, listener: socket.socket, app: ASGIFramework) -> None:
        host, port = listener.getsockname()[:2]
        _log.info(
            "ingest API listens on http://%s:%d",
            host,
            port,
            extra={"action": "service.ready", "address": f"http://{host}:{port}"},
        )
        if self._settings.tp_capital_api_key is None:
            _log.warning(
                "TP_CAPITAL_API_KEY is not set: whoever reaches this port may write",
                extra={"action": "service.open"},
            )
        get_running_loop().set_exception_handler(unread_is_no_error)
        try:
            await serve(app, server_config(listener), shutdown_trigger=self._stopping.wait)
        except InvalidStateError:
            # Hypercorn asks its unfinished connections for their errors when it is cancelled.
            if self._status is not ExitStatus.FORCED:
                raise
        finally:
            self._served.set()

    async def _prepare_database(self) -> None:
        """Wait for the database as long as it takes, then bring its schema to ours."""
        while True:
            try:
                await migrate(self._settings)
            except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as error:
                _log.warning(
                    "waiting for the database: %s",
                    str(error).strip() or "no answer",
                    extra={"action": "database.waiting"},
                )
                await anyio.sleep(_DATABASE_PAUSE_SECONDS)
            else:
                break
        self._life.migrated = True
        self._ready.set()
        _log.info("the database is ready", extra={"action": "database.ready"})

    async def _stop_on_signal(self, tasks: TaskGroup) -> None:
        """The first signal asks for an orderly end, a second one for an end at once."""
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                if self._life.draining:
                    self._force(tasks, "a second signal")
                    return
                self._life.draining = True
                self._draining.set()
                name = signal.Signals(number).name
                _log.info("%s: draining", name, extra={"action": "service.draining"})
                tasks.start_soon(self._drain, tasks)

    async def _drain(self, tasks: TaskGroup) -> None:
        """Finish what was admitted, while newcomers are told to come back; then stop the server."""
        with anyio.move_on_after(_DRAIN_SECONDS):
            # No one gets a slot any more, so that having all of them means that nobody is at work.
            for _ in range(self._settings.max_in_flight):
                await self._slots.acquire()
        self._stopping.set()
        with anyio.move_on_after(_STOP_SECONDS) as bound:
            await self._served.wait()
        if bound.cancelled_caught:
            self._force(tasks, f"connections still open after {_STOP_SECONDS:.0f} s")

    def _force(self, tasks: TaskGroup, reason: str) -> None:
        _log.error("ended by force: %s", reason, extra={"action": "service.forced"})
        self._status = ExitStatus.FORCED
        tasks.cancel_scope.cancel()


def _edge(settings: Settings) -> EdgeSettings:
    return EdgeSettings(
        origins=words(settings.cors_origin),
        hosts=words(settings.allowed_hosts),
        most=settings.rate_limit_max,
        seconds=settings.rate_limit_window_ms / 1000,
    )


def _connections(pool: Pool) -> dict[str, float]:
    stats = pool.get_stats()
    idle = stats.get("pool_available", 0)
    return {"idle": idle, "busy": stats.get("pool_size", 0) - idle}
