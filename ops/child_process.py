"""A service as a child process: started, waited for, stopped, its log's last lines at hand."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from ops.local_http import is_well

START_SECONDS = 30.0
STOP_SECONDS = 25.0
TAIL_LINES = 8
_PR_SET_PDEATHSIG = 1


class ChildFailedError(RuntimeError):
    """A child ended, or did not get ready in time; the message has the end of its log."""


class ChildProcess:
    """`python -m MODULE` with an environment of its own, logging to a file.

    A context manager: inside it runs and answers 200 at `ready_url`; after it, it is gone. Should
    we be killed, the kernel sends it SIGTERM. Raises ChildFailedError.
    """

    def __init__(self, module: str, environ: Mapping[str, str], log: Path, ready_url: str) -> None:
        self._module = module
        self._environ = dict(environ)
        self._log = log
        self._ready_url = ready_url
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C on the terminal is ours: we stop in order
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # no threads at this point
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process id. Raises ChildFailedError before the start."""
        if self._process is None:
            raise ChildFailedError(f"{self._module} was not started")
        return self._process.pid

    def check(self) -> None:
        """Raise ChildFailedError if it has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise ChildFailedError(
                f"{self._module} ended with status {self._process.returncode}.\n{self.tail()}"
            )

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not heeded in time."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tail(self) -> str:
        """The last lines of its log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"last lines of {self._log}:", *lines[-TAIL_LINES:]])

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check()
            if is_well(self._ready_url):
                return
            time.sleep(0.05)
        raise ChildFailedError(
            f"{self._module} was not ready after {START_SECONDS:.0f} s.\n{self.tail()}"
        )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
