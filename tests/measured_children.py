"""A pytest plugin for `just coverage`: the services that tests start are measured, too.

Tests start them with an environment of their own, where coverage's variable is missing. Those that
they need no longer are ended by `ended_process.end`, which lets them tell; what only runs before a
test's own SIGKILL counts as not covered.
"""

import os
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.ended_process import MEASURED

_start: Any = subprocess.Popen.__init__


def _start_measured(
    self: "subprocess.Popen[Any]",
    *arguments: Any,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> None:
    given = env if env is None else {**env, MEASURED: os.environ[MEASURED]}
    _start(self, *arguments, env=given, **options)


def pytest_configure() -> None:
    """Let every child have the variable. Raises RuntimeError when nothing is measured."""
    if MEASURED not in os.environ:
        raise RuntimeError(f"{MEASURED} is not set: start this by `just coverage`")
    subprocess.Popen.__init__ = _start_measured  # type: ignore[assignment,method-assign]
