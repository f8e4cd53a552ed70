"""The gateway's composition: what is open inside what. The nesting is the stop order."""

import logging
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import anyio
import stamina

from contracts import metrics
from contracts.exit_status import ExitStatus
from contracts.message import Message
from contracts.telemetry import Telemetry
from contracts.version import current
from gateway_outbox import outbox_lock, web
from gateway_outbox.api_client import open_api_client
from gateway_outbox.api_token import TokenReader
from gateway_outbox.backoff import Backoff
from gateway_outbox.control import Control
from gateway_outbox.delivery import Delivery
from gateway_outbox.errors import (
    AlreadyRunningError,
    OutboxFailedError,
    OutboxNewerError,
    OutboxUnusableError,
    PortBusyError,
)
from gateway_outbox.health import Health
from gateway_outbox.housekeeping import keep_house
from gateway_outbox.outbox import Outbox, open_outbox
from gateway_outbox.relay import Relay
from gateway_outbox.replay_source import Replay, run_replay
from gateway_outbox.settings import Settings
from gateway_outbox.source import SourceState

log = logging.getLogger(__name__)

STATUS_OF = {
    AlreadyRunningError: ExitStatus.ALREADY_RUNNING,
    OutboxNewerError: ExitStatus.OUTBOX_NEWER,
    OutboxUnusableError: ExitStatus.OUTBOX_IO,
    OutboxFailedError: ExitStatus.OUTBOX_IO,
    PortBusyError: ExitStatus.PORT_BUSY,
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
    telemetry = Telemetry(metrics.GATEWAY, "tp-capital-gateway", current())
    with (
        outbox_lock.hold(settings.outbox_path) as holder,
        # From here on a signal is an orderly stop, even one that comes before all is open.
        anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals,
    ):
        async with (
            open_outbox(settings.outbox_path, telemetry) as outbox,
            open_api_client(settings, TokenReader(settings, environ)) as client,
        ):
            relay = _relay(settings, outbox, Delivery(client, outbox, telemetry), telemetry)
            sources = [SourceState("replay")] if settings.replay_file else []
            health = Health(outbox, relay, sources)
            health.register(telemetry)
            async with anyio.create_task_group() as services:
                port = await services.start(
                    web.serve,
                    web.Web(health, telemetry),
                    Control(outbox, holder),
                    settings.gateway_port,
                )
                outbox_lock.announce(settings.outbox_path, holder, port)
                # Last: with a backlog it keeps the processor busy from its first step on.
                await services.start(relay.run)
                services.start_soon(keep_house, outbox, settings.outbox_keep_days)
                _say_ready(port, outbox)
                replays = [(_replay(settings, outbox), state) for state in sources]
                status = await _receive(replays, relay, settings.drain_seconds, signals)
                services.cancel_scope.cancel()
    telemetry.close()
    log.info(
        "gateway stopped, %d rows pending", outbox.pending, extra={"action": "service.stopped"}
    )
    return status


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
    backoff = Backoff(
        settings.max_retry_attempts,
        settings.retry_delay_ms / 1000,
        settings.retry_max_delay_ms / 1000,
    )
    return Relay(outbox, delivery, backoff, settings.relay_lanes, telemetry)


def _replay(settings: Settings, outbox: Outbox) -> Replay:
    async def append(messages: list[Message]) -> None:
        await outbox.append(messages, "replay")

    return Replay(path=settings.replay_file or Path(), append=append, rate=settings.replay_rate)


async def _receive(
    replays: Sequence[tuple[Replay, SourceState]],
    relay: Relay,
    drain_seconds: float,
    signals: AsyncIterator[signal.Signals],
) -> ExitStatus:
    """Run the sources until the first signal, then drain; a second signal ends the drain."""
    async with anyio.create_task_group() as receiving:
        for replay, state in replays:
            receiving.start_soon(run_replay, replay, state)
        async for number in signals:
            log.info("%s: no more input", number.name, extra={"action": "service.stopping"})
            break
        receiving.cancel_scope.cancel()
    async with anyio.create_task_group() as draining:
        draining.start_soon(_cancel_on_signal, signals, draining.cancel_scope)
        await relay.drained(drain_seconds)
        draining.cancel_scope.cancel()
        return ExitStatus.OK
    return ExitStatus.FORCED


async def _cancel_on_signal(
    signals: AsyncIterator[signal.Signals], scope: anyio.CancelScope
) -> None:
    async for _ in signals:
        scope.cancel()
        return
