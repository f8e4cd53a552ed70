"""A pytest plugin for `just coverage`: the services that tests start are measured, too.

Tests start them with an environment of their own, where coverage's variable is missing. Those that
are ended with SIGKILL tell nothing: what only they run counts as not covered.
"""

import os
import subprocess
from collections.abc import Mapping
from typing import Any

VARIABLE = "COVERAGE_PROCESS_CONFIG"  # set by coverage itself (its patch `subprocess`)

_start: Any = subprocess.Popen.__init__


def _start_measured(
    self: "subprocess.Popen[Any]",
    *arguments: Any,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> None:
    given = env if env is None else {**env, VARIABLE: os.environ[VARIABLE]}
    _start(self, *arguments, env=given, **options)


def pytest_configure() -> None:
    """Let every child have the variable. Raises RuntimeError when nothing is measured."""
    if VARIABLE not in os.environ:
        raise RuntimeError(f"{VARIABLE} is not set: start this by `just coverage`")
    subprocess.Popen.__init__ = _start_measured  # type: ignore[assignment,method-assign]
