"""How the gateway is, as one document: checks with pass, warn or fail, and a verdict."""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Literal

import anyio
import msgspec

from contracts.telemetry import Reading, Telemetry
from contracts.version import current
from gateway_outbox.control import backup_marks
from gateway_outbox.control.backup_marks import ALWAYS, Marks
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.canary import Canary
from gateway_outbox.relay.relay import Relay, State
from gateway_outbox.source import LOST, SourceState

# What is no fault: a first connection that takes its time, a file that was read to its end.
_WELL = ("starting", "connecting", "connected", "finished")

# Gauges that sources feed through their state, and whether they have a label.
SOURCE_GAUGES = {
    "telegram_last_update_timestamp_seconds": True,
    "telegram_reconcile_lag_events": True,
    "telegram_forward_pending": False,
    "telegram_media_pending": False,
}

CheckStatus = Literal["pass", "warn", "fail"]


class Check(msgspec.Struct, kw_only=True):
    """One part's state; `message` says what to do when it is not `pass`."""

    status: CheckStatus
    message: str
    observed: dict[str, Any] = {}


class Health:
    """Reads outbox, relay and sources whenever it is asked; feeds the gauges from the same eyes."""

    def __init__(
        self,
        outbox: Outbox,
        relay: Relay,
        sources: Sequence[SourceState],
        canary: Canary | None = None,
    ) -> None:
        self._outbox = outbox
        self._canary = canary if canary and canary.seconds else None
        self._relay = relay
        self._sources = sources
        self._begun = time.monotonic()
        self._oldest = 0.0
        self._marks = Marks()

    def register(self, telemetry: Telemetry) -> None:
        """Show the gauges of the metric table from now on."""
        outbox = self._outbox
        telemetry.gauge(
            "telegram_connection_status",
            lambda: {source.name: float(source.connected) for source in self._sources},
        )
        telemetry.gauge(
            "telegram_login_required",
            lambda: {s.name: float(s.condition in LOST) for s in self._sources},
        )
        for name in SOURCE_GAUGES:
            telemetry.gauge(name, partial(self._measured, name))
        telemetry.gauge(
            "telegram_flood_wait_seconds",
            lambda: (
                dict.fromkeys(("bot", "user"), 0.0)
                | {s.name: max(s.floods.values()) for s in self._sources if s.floods}
            ),
        )
        telemetry.gauge(
            "telegram_failure_queue_size", lambda: self._delayed() + outbox.dead_letters
        )
        self._register_outbox(telemetry)
        self._register_pipeline(telemetry)

    def _register_outbox(self, telemetry: Telemetry) -> None:
        outbox, relay = self._outbox, self._relay
        telemetry.gauge("outbox_pending_rows", lambda: outbox.pending)
        telemetry.gauge("outbox_dead_letter_rows", lambda: outbox.dead_letters)
        telemetry.gauge("outbox_oldest_pending_age_seconds", lambda: self._oldest)
        telemetry.gauge("outbox_unaccounted_rows", lambda: outbox.unaccounted)
        telemetry.gauge("outbox_held", lambda: bool(outbox.held))
        telemetry.gauge("outbox_size_bytes", outbox.size_bytes)
        telemetry.gauge("outbox_disk_free_bytes", outbox.disk_free_bytes)
        telemetry.gauge("relay_state", lambda: relay.state.value)

    def _register_pipeline(self, telemetry: Telemetry) -> None:
        """What a file and the canary tell, and how late the pipeline is."""
        outbox = self._outbox
        telemetry.gauge(
            "ops_backup_last_success_timestamp_seconds",
            lambda: {ALWAYS: 0.0} | self._marks.backup,
        )
        telemetry.gauge(
            "ops_restore_drill_last_success_timestamp_seconds",
            lambda: {ALWAYS: 0.0} | self._marks.restore_drill,
        )
        telemetry.gauge(
            "pipeline_freshness_seconds", lambda: max(self._oldest, outbox.held_seconds)
        )
        if canary := self._canary:
            name = "pipeline_canary_last_success_timestamp_seconds"
            telemetry.gauge(name, lambda: canary.last_success)

    async def refresh(self) -> None:
        """Read what only a query or a file can tell; before each scrape and each document."""
        self._oldest = await self._outbox.oldest_pending_seconds()
        with suppress(OSError):  # none yet, or not ours to read: what was read before stands
            path = backup_marks.path_of(self._outbox.path)
            self._marks = backup_marks.decode(await anyio.Path(path).read_bytes())

    async def document(self) -> dict[str, Any]:
        """The body of `/health`. `status` is ok, degraded (a warning) or error (a failure)."""
        await self.refresh()
        checks = {"outbox": self._check_outbox(), "relay": self._check_relay()}
        checks["source"] = self._check_source()
        if self._canary:
            checks["canary"] = _check_canary(self._canary)
        statuses = {check.status for check in checks.values()}
        bad = [check.message for check in checks.values() if check.status != "pass"]
        return {
            "status": "error" if "fail" in statuses else "degraded" if bad else "ok",
            "service": "tp-capital-gateway",
            "version": current(),
            "pid": os.getpid(),
            "uptime_seconds": round(time.monotonic() - self._begun, 3),
            "telegram_connected": self._connected(),
            "reconnecting": any(s.condition in ("connecting", "transient") for s in self._sources),
            "error": "; ".join(bad) or None,
            "checks": msgspec.to_builtins(checks),
        }

    def _measured(self, name: str) -> Reading:
        """What the sources measured under this name, added up."""
        found = [source.gauges[name] for source in self._sources if name in source.gauges]
        if not SOURCE_GAUGES[name]:
            return float(sum(each for each in found if not isinstance(each, dict)))
        return {label: n for each in found if isinstance(each, dict) for label, n in each.items()}

    def ready(self) -> bool:
        """Whether messages can be stored now."""
        return not self._outbox.held

    def _connected(self) -> bool:
        return any(source.connected for source in self._sources)

    def _delayed(self) -> int:
        return self._outbox.pending if self._relay.trouble else 0

    def _check_outbox(self) -> Check:
        outbox = self._outbox
        observed = {
            "path": str(outbox.path),
            "pending": outbox.pending,
            "dead_letters": outbox.dead_letters,
            "oldest_pending_seconds": round(self._oldest, 3),
            "size_bytes": outbox.size_bytes(),
            "disk_free_bytes": outbox.disk_free_bytes(),
        }
        if outbox.held:
            return Check(status="fail", message=f"cannot store: {outbox.held}", observed=observed)
        if outbox.dead_letters:
            message = f"{outbox.dead_letters} dead letters: tpcapital outbox ls --state dead_letter"
            return Check(status="warn", message=message, observed=observed)
        return Check(status="pass", message="storing", observed=observed)

    def _check_relay(self) -> Check:
        relay = self._relay
        observed: dict[str, Any] = {"state": relay.state.name.lower(), "retries": relay.retries}
        if relay.last_delivery is not None:
            age = time.monotonic() - relay.last_delivery
            observed["last_delivery_seconds_ago"] = round(age, 3)
        if relay.trouble:
            message = f"{self._outbox.pending} rows delayed: {relay.trouble}"
            return Check(status="warn", message=message, observed=observed)
        return Check(status="pass", message=State.DELIVERING.name.lower(), observed=observed)

    def _check_source(self) -> Check:
        observed = {source.name: source.document() for source in self._sources}
        if not self._sources:
            message = (
                "no source: set TELEGRAM_API_ID and TELEGRAM_API_HASH, or"
                " TELEGRAM_INGESTION_BOT_TOKEN; pending rows are delivered all the same"
            )
            return Check(status="warn", message=message)
        bad = [each for each in self._sources if each.condition not in _WELL or each.alarms]
        told = bad or self._sources
        message = "; ".join(_said(source) for source in told)
        return Check(status="warn" if bad else "pass", message=message, observed=observed)


def _check_canary(canary: Canary) -> Check:
    observed: dict[str, Any] = {"every_seconds": canary.seconds}
    if canary.last_success:
        observed["came_back_seconds_ago"] = round(time.time() - canary.last_success, 3)
    if canary.is_late:
        message = (
            f"no canary came back from the database lately: {canary.failure or 'none was sent'}"
        )
        return Check(status="warn", message=message, observed=observed)
    return Check(status="pass", message="coming back", observed=observed)


def _said(source: SourceState) -> str:
    """A source in a few words: what it is, and where it is not well, why and what to do."""
    words = f"{source.name} {source.condition}"
    if source.condition not in _WELL and source.reason:
        words = f"{words}: {source.reason}" + (f". {source.advice}" if source.advice else "")
    return "; ".join([words, *source.alarms.values()])
