"""A real Prometheus over both real services: faults are made, alerts fire, and end.

Its rules are ops/monitoring's with shorter windows and waits (tests/monitoring/prometheus.py says
which); their true times are proved by `promtool test rules`.
"""

import os
import shutil
from pathlib import Path
from time import monotonic

import anyio
import pytest
from anyio.to_thread import run_sync

from ops.grafana.dashboard import PROMETHEUS, Dashboard
from ops.grafana.dashboards import DASHBOARDS
from tests.monitoring.rule_files import alerts
from tests.monitoring.shown import Shown
from tests.monitoring.stack import STRANGE, WRONG, Stack, running_stack
from tests.postgres import TOKEN as API_TOKEN
from tests.telegram.bot_api_server import Fault
from tests.waiting import eventually

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        shutil.which("prometheus") is None,
        reason="prometheus absent: Debian's package of that name (.ci/run installs it)",
    ),
]

# Nobody made a backup here, the disk is tiny and the machine may be busy.
ALWAYS = {
    *("Watchdog", "BackupStale", "RestoreDrillStale", "OutboxDiskFilling"),
    *("MessageLatencyAbove100ms", "PublishCallAbove10ms"),
}


async def test_each_fault_is_seen_and_its_end_too(tmp_path: Path, postgres_folder: Path) -> None:
    """One after the other on one stack, each mended before the next is made."""
    async with running_stack(tmp_path, postgres_folder) as stack:
        stack.post(times=3)
        await eventually(lambda: len(stack.bot.confirmed) == 3)
        await stack.fire("Watchdog")
        await stack.resolve("MetricsMissing", "DatabaseUnreachable", "TelegramDisconnected")
        for fault in FAULTS:
            begun = monotonic()
            await fault(stack)
            print(f"{fault.__name__}: {monotonic() - begun:.1f} s")
        names = {alert.name for alert in alerts()}
        await stack.resolve(*(names - ALWAYS))
        for dashboard in DASHBOARDS:
            if dashboard.source == PROMETHEUS:
                await check_shown(dashboard, stack)


async def check_shown(dashboard: Dashboard, stack: Stack) -> None:
    """Every query returns data while messages flow; `PICTURES=folder` keeps what it looks like."""
    shown, empty = Shown(dashboard, stack.prometheus), list[str]()

    async def all_shown() -> bool:
        stack.post()
        empty[:] = await run_sync(shown.empty)
        return not empty

    try:
        await eventually(all_shown)
    except TimeoutError:
        raise AssertionError(f"{dashboard.title} has no data for {empty}") from None
    if folder := os.environ.get("PICTURES"):
        name = dashboard.uid.removeprefix("tpcapital-")
        picture = await run_sync(shown.svg)
        await anyio.Path(folder, f"dashboard-{name}.svg").write_text(picture, encoding="utf-8")


async def api_down(stack: Stack) -> None:
    """Killed, and started again."""
    await run_sync(stack.api.kill)
    stack.post()
    seen = ("ApiDown", "OutboxStalled", "PublishFailureBudgetFastBurn")
    await stack.fire(*seen)
    await run_sync(stack.api.start)
    await stack.resolve(*seen)


async def database_down(stack: Stack) -> None:
    """Killed; the API lives."""
    await run_sync(stack.database.kill)
    stack.post()
    seen = ("DatabaseUnreachable", "DatabaseConnectionErrors", "ApiErrorRatio", "OutboxStalled")
    await stack.fire(*seen)
    await run_sync(stack.database.start)
    await stack.resolve(*seen)


async def token_wrong(stack: Stack) -> None:
    """Rotated on one side only."""
    stack.token.write_text(WRONG)
    stack.post()
    seen = ("GatewayTokenRejected", "IngestUnauthorized")
    await stack.fire(*seen)
    stack.token.write_text(API_TOKEN)
    await stack.resolve(*seen)


async def telegram_gone(stack: Stack) -> None:
    """It drops every call."""
    stack.bot.choose = lambda: Fault.DROP
    stack.post()
    await stack.fire("TelegramDisconnected", "GatewayAvailabilityBudgetFastBurn")
    stack.bot.choose = lambda: None
    await stack.resolve("TelegramDisconnected", "GatewayAvailabilityBudgetFastBurn")


async def format_changed(stack: Stack) -> None:
    """What looks like a signal cannot be read."""
    stack.post(STRANGE)
    await stack.fire("Watchdog")
    stack.post(STRANGE, times=20)
    await stack.fire("ParseFailureRatioHigh")
    await stack.resolve("ParseFailureRatioHigh")


async def disk_full(stack: Stack) -> None:
    """Not a block is left where the outbox lives."""
    await stack.fill_disk()
    stack.post(times=20)
    seen = ("OutboxHeld", "OutboxDiskLow")
    await stack.fire(*seen)
    stack.free_disk()
    await stack.resolve(*seen)


async def gateway_dead(stack: Stack) -> None:
    """Killed, and started again."""
    await run_sync(stack.gateway.kill)
    seen = ("GatewayDown", "GatewayAvailabilityBudgetFastBurn")
    await stack.fire(*seen)
    await run_sync(stack.gateway.start)
    await stack.resolve(*seen)


FAULTS = (
    *(api_down, database_down, token_wrong, telegram_gone, format_changed, disk_full),
    gateway_dead,
)
