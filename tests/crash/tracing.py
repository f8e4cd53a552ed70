"""The scenario in a process of its own, under strace: killed at a system call, or recorded."""

import multiprocessing
import shutil
import subprocess
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.crash import scenario
from tests.crash.scenario import Scenario

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="skipped: strace absent")

# All that changes a file's content, its length, its name, or what of it is on the disk.
WRITES = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink")
_SECONDS = 60


def server() -> ForkServerContext:
    """Forks each scenario from a process that has imported everything: milliseconds, not one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.scenario"])
    return context


def play(context: ForkServerContext, played: Scenario, strace: Sequence[str]) -> int:
    """Play the scenario under strace with these options; its exit status, -9 when it was killed."""
    process = context.Process(target=scenario.live, args=(played,))
    process.start()
    tracer = subprocess.run(
        ["strace", "-f", "-qq", *strace, "-p", str(process.pid)],
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        text=True,
    )
    process.join(_SECONDS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"the scenario did not end; strace said: {tracer.stderr[-500:]}")
    if process.exitcode > 0:
        raise RuntimeError(f"the scenario failed with {process.exitcode}: {tracer.stderr[-500:]}")
    return process.exitcode


def of_outbox(outbox: Path) -> list[str]:
    """Strace's options for the files of an outbox alone."""
    return [part for suffix in ("", "-wal", "-shm") for part in ("-P", f"{outbox}{suffix}")]
