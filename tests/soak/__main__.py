"""`just soak`: a run, its table, its JSON, and 0 when all is well, else 1."""

import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import anyio

from tests.soak.options import read_options
from tests.soak.soak import soak

_RESULTS = Path("bench-results")


def main() -> int:
    """Returns the exit status."""
    options = read_options()
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell had us ignore the first
        signal.signal(number, signal.default_int_handler)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for noisy in ("telethon", "asyncio", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    report = anyio.run(soak, options)
    print(report.table())
    name = f"soak-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path = options.json or _RESULTS / name
    report.write(path)
    print(f"written to {path}")
    return 0 if report.passes else 1


if __name__ == "__main__":
    sys.exit(main())
