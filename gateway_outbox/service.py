"""The gateway's composition: what is open inside what. The nesting is the stop order."""

import logging
import signal
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

import anyio
import stamina
from anyio.abc import TaskGroup

from contracts import metrics
from contracts.exit_status import ExitStatus
from contracts.telemetry import Telemetry
from contracts.version import current
from gateway_outbox import service_manager
from gateway_outbox.channels_file import Channels
from gateway_outbox.control import web
from gateway_outbox.control.canary_control import CanaryControl
from gateway_outbox.control.channel_control import ChannelControl
from gateway_outbox.control.control import Control
from gateway_outbox.control.health import Health
from gateway_outbox.control.history_control import HistoryControl
from gateway_outbox.control.status_report import StatusReporter
from gateway_outbox.control.sync_control import SyncControl
from gateway_outbox.errors import (
    AlreadyRunningError,
    ChannelsFileError,
    OutboxFailedError,
    OutboxNewerError,
    OutboxUnusableError,
    PortBusyError,
    ReplayFileError,
    ServerKeyError,
)
from gateway_outbox.outbox import outbox_lock
from gateway_outbox.outbox.housekeeping import keep_house
from gateway_outbox.outbox.outbox import Outbox, open_outbox
from gateway_outbox.reception import Reception
from gateway_outbox.relay.api_client import ApiClient, open_api_client
from gateway_outbox.relay.api_token import TokenReader
from gateway_outbox.relay.canary import Canary
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.relay import Relay
from gateway_outbox.settings import Settings
from gateway_outbox.source import Source, SourceState
from gateway_outbox.sources import open_sources
from gateway_outbox.supervision import Supervision
from gateway_outbox.user.history_desk import HistoryDesk

log = logging.getLogger(__name__)

STATUS_OF = {
    AlreadyRunningError: ExitStatus.ALREADY_RUNNING,
    OutboxNewerError: ExitStatus.OUTBOX_NEWER,
    OutboxUnusableError: ExitStatus.OUTBOX_IO,
    OutboxFailedError: ExitStatus.OUTBOX_IO,
    PortBusyError: ExitStatus.PORT_BUSY,
    ChannelsFileError: ExitStatus.CONFIG,
    ReplayFileError: ExitStatus.CONFIG,
    ServerKeyError: ExitStatus.CONFIG,
}


def run(settings: Settings, environ: Mapping[str, str]) -> ExitStatus:
    """Run the gateway until a signal; the status says how it ended, the log says why."""
    try:
        return anyio.run(_run, settings, environ)
    except BaseException as error:  # noqa: BLE001  # why: the last stop; what is no Exception goes on
        return _status_of(error)


def _status_of(error: BaseException) -> ExitStatus:
    """Log the error that ended the service, and choose the status a supervisor sees."""
    while isinstance(error, BaseExceptionGroup):
        error = next((e for e in error.exceptions if type(e) in STATUS_OF), error.exceptions[0])
    if not isinstance(error, Exception):
        raise error
    status = STATUS_OF.get(type(error), ExitStatus.TASK_DIED)
    extra = {"action": "service.failed", "status": int(status)}
    if status is ExitStatus.TASK_DIED:
        log.critical("a task died: %r", error, exc_info=error, extra=extra)
    else:
        log.critical("%s", error, extra=extra)
    return status


async def _run(settings: Settings, environ: Mapping[str, str]) -> ExitStatus:
    stamina.instrumentation.set_on_retry_hooks([])  # our own metric has bounded labels
    channels = Channels(settings)
    with (
        outbox_lock.hold(settings.outbox_path) as holder,
        # From here on a signal is an orderly stop, even one that comes before all is open.
        anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals,
        service_manager.connect(environ) as manager,
    ):
        async with anyio.create_task_group() as around:
            supervision = Supervision(manager, settings.api_timeout_seconds)
            around.start_soon(supervision.run)
            token = TokenReader(settings, environ)
            parts = _Parts(settings, channels, holder, supervision, token)
            status = await _receive(parts, signals)
            around.cancel_scope.cancel()
    return status


class _Parts(NamedTuple):
    """What is there before the outbox is opened."""

    settings: Settings
    channels: Channels
    holder: outbox_lock.Holder
    supervision: Supervision
    token: TokenReader


async def _receive(parts: _Parts, signals: AsyncIterator[signal.Signals]) -> ExitStatus:
    """Open the outbox, receive until a signal, deliver what is pending for a while."""
    settings, supervision = parts.settings, parts.supervision
    telemetry = Telemetry(metrics.GATEWAY, "tp-capital-gateway", current())
    async with (
        open_outbox(settings.outbox_path, telemetry) as outbox,
        open_api_client(settings, parts.token) as client,
    ):
        works = _works(parts, outbox, client, telemetry)
        async with anyio.create_task_group() as services:
            await _start(services, parts, works)
            supervision.receiving(outbox, works.relay, works.states)
            reception = Reception(works.sources, parts.channels, supervision.manager)
            status = await reception.run(signals)
            await supervision.stopping(settings.drain_seconds)
            drained = await _drain(works.relay, settings.drain_seconds, signals)
            services.cancel_scope.cancel()
    telemetry.close()
    _say_stopped(outbox)
    return drained or status


class _Works(NamedTuple):
    """What works on the open outbox, and what looks at it."""

    outbox: Outbox
    client: ApiClient
    telemetry: Telemetry
    canary: Canary
    relay: Relay
    desk: HistoryDesk
    sources: list[Source]
    states: list[SourceState]
    health: Health


def _works(parts: _Parts, outbox: Outbox, client: ApiClient, telemetry: Telemetry) -> _Works:
    settings = parts.settings
    canary = Canary(outbox, client, settings.canary_seconds, telemetry)
    relay = _relay(settings, outbox, Delivery(client, outbox, telemetry), telemetry)
    relay.carry(canary)
    desk = HistoryDesk()
    sources = open_sources(settings, parts.channels, outbox, telemetry, desk)
    states = [source.state for source in sources]
    health = Health(outbox, relay, states, canary)
    health.register(telemetry)
    return _Works(outbox, client, telemetry, canary, relay, desk, sources, states, health)


async def _start(services: TaskGroup, parts: _Parts, works: _Works) -> None:
    """Start all but the sources."""
    settings, outbox = parts.settings, works.outbox
    port = await services.start(web.serve, _handlers(parts, works), settings.gateway_port)
    outbox_lock.announce(settings.outbox_path, parts.holder, port)
    # Last: with a backlog it keeps the processor busy from its first step on.
    await services.start(works.relay.run)
    services.start_soon(works.canary.run)
    services.start_soon(keep_house, outbox, settings.outbox_keep_days)
    reporter = StatusReporter(works.client, outbox, works.states, parts.channels, works.desk)
    services.start_soon(reporter.run)
    _say_ready(port, outbox)


def _handlers(parts: _Parts, works: _Works) -> list[object]:
    """What serves requests: those that look, and an operator's."""
    outbox, desk, telemetry = works.outbox, works.desk, works.telemetry
    return [
        web.Web(works.health, telemetry),
        CanaryControl(works.canary, works.relay, parts.holder),
        Control(outbox, parts.holder),
        ChannelControl(outbox, parts.channels, parts.holder, telemetry),
        HistoryControl(outbox, desk, parts.holder),
        SyncControl(outbox, desk, parts.settings.api_secret_token),
    ]


def _say_stopped(outbox: Outbox) -> None:
    extra = {"action": "service.stopped"}
    log.info("gateway stopped, %d rows pending", outbox.pending, extra=extra)


def _say_ready(port: int, outbox: Outbox) -> None:
    log.info(
        "gateway ready on http://%s:%d, outbox %s, %d rows pending",
        web.HOST,
        port,
        outbox.path,
        outbox.pending,
        extra={"action": "service.ready", "port": port, "pending": outbox.pending},
    )


def _relay(settings: Settings, outbox: Outbox, delivery: Delivery, telemetry: Telemetry) -> Relay:
    return Relay(outbox, delivery, settings.backoff, settings.relay_lanes, telemetry)


async def _drain(
    relay: Relay, seconds: float, signals: AsyncIterator[signal.Signals]
) -> ExitStatus | None:
    """Deliver what is pending for so long; a second signal ends that, and FORCED is the status."""
    async with anyio.create_task_group() as draining:
        draining.start_soon(_cancel_on_signal, signals, draining.cancel_scope)
        await relay.drained(seconds)
        draining.cancel_scope.cancel()
        return None
    return ExitStatus.FORCED


async def _cancel_on_signal(
    signals: AsyncIterator[signal.Signals], scope: anyio.CancelScope
) -> None:
    async for number in signals:
        if number != signal.SIGHUP:
            scope.cancel()
            return
