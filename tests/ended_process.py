"""How a test ends a process that it needs no longer."""

import os
import subprocess
from contextlib import suppress
from typing import Any

MEASURED = "COVERAGE_PROCESS_CONFIG"  # set by coverage itself (its patch `subprocess`)
_STOP_SECONDS = 15  # one that is stopped by SIGSTOP, say, never ends


def end(process: "subprocess.Popen[Any]") -> None:
    """SIGKILL, which costs no time.

    Where coverage counts, it is asked to stop before: a process that is killed tells nothing.
    """
    if MEASURED in os.environ and process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    process.kill()
    process.wait()
