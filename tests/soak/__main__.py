"""`just soak`: a run, its table, its JSON, and 0 when all is well, else 1."""

import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import anyio

from tests.soak.options import Options, read_options
from tests.soak.report import Report
from tests.soak.soak import soak

_RESULTS = Path("bench-results")
_INTERRUPTED = 130


async def _unless_stopped(options: Options) -> Report | None:
    """The run's report; None when a signal ended it before, with everything taken down."""
    report = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_watch_signals, tasks.cancel_scope)
        report = await soak(options)
        tasks.cancel_scope.cancel()
    return report


async def _watch_signals(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


def main() -> int:
    """Returns the exit status."""
    options = read_options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for noisy in ("telethon", "asyncio", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    report = anyio.run(_unless_stopped, options)
    if report is None:
        return _INTERRUPTED
    print(report.table())
    name = f"soak-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path = options.json or _RESULTS / name
    report.write(path)
    print(f"written to {path}")
    return 0 if report.passes else 1


if __name__ == "__main__":
    sys.exit(main())
