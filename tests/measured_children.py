"""A pytest plugin for `just coverage`: the services that tests start are measured, too.

Tests start them with an environment of their own, where coverage's variable is missing, and end
them with SIGKILL when they need them no longer; a process that is killed tells nothing, so here it
is asked to stop instead. What only runs before a test's own SIGKILL counts as not covered.
"""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tests.service_process import ServiceProcess

VARIABLE = "COVERAGE_PROCESS_CONFIG"  # set by coverage itself (its patch `subprocess`)
_STOP_SECONDS = 15  # one that is stopped by SIGSTOP, say, never ends

_start: Any = subprocess.Popen.__init__


def _start_measured(
    self: "subprocess.Popen[Any]",
    *arguments: Any,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> None:
    given = env if env is None else {**env, VARIABLE: os.environ[VARIABLE]}
    _start(self, *arguments, env=given, **options)


def _leave(self: ServiceProcess, *_: object) -> None:
    if self.was_started and not self.has_ended:
        self.signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.wait(_STOP_SECONDS)
    self.kill()


def pytest_configure() -> None:
    """Let every child have the variable. Raises RuntimeError when nothing is measured."""
    if VARIABLE not in os.environ:
        raise RuntimeError(f"{VARIABLE} is not set: start this by `just coverage`")
    subprocess.Popen.__init__ = _start_measured  # type: ignore[assignment,method-assign]
    ServiceProcess.__exit__ = _leave  # type: ignore[method-assign]
