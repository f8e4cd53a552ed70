"""The machine and the programs that figures were taken on."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import psycopg

from contracts.version import current
from ops.bench.bench_outbox import SQLITE_VERSION

_ROOT = Path(__file__).resolve().parents[2]


def machine(dsn: str) -> dict[str, Any]:
    """Facts that a figure means nothing without; `load_average` tells of other work on it."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "architecture": platform.machine(),
        "kernel": platform.release(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "sqlite": SQLITE_VERSION,
        "postgres": _postgres(dsn),
        "tpcapital": current(),
        "revision": _revision(),
    }


def _postgres(dsn: str) -> dict[str, str]:
    names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
    with psycopg.connect(dsn) as database:
        return {
            name: str(database.execute("SELECT current_setting(%s)", (name,)).fetchall()[0][0])
            for name in names
        }


def _revision() -> str | None:
    """The commit, with a mark when files differ from it; None where this is no git checkout."""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()
