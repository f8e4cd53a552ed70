"""A real `python -m …` service for tests, with its log read as lines of JSON."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import orjson

from tests.as_errors import PYTHONWARNINGS
from tests.ended_process import end
from tests.waiting import until

_ROOT = Path(__file__).parents[1]


class ServiceProcess:
    """A context manager: started and ready inside, gone after. `log` keeps the last start's lines.

    `prefix` is a command that the service is started under (`strace -D …`), `python` the program
    with its options that runs it: by default the tests' own.
    """

    module = ""

    def __init__(self, log: Path, variables: dict[str, str], prefix: Sequence[str] = ()) -> None:
        self._log = log
        self._prefix = [*prefix]
        self.python = [sys.executable]
        self._environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(_ROOT),
            "PYTHONWARNINGS": PYTHONWARNINGS,
        } | variables
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def pid(self) -> int:
        """The running process's id."""
        return self._running.pid

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.module} was not started")
        return self._process

    def launch(self) -> None:
        """Start, and wait for nothing."""
        command = [*self._prefix, *self.python, "-m", self.module]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stderr=log, env=self._environ, cwd=_ROOT)

    def start(self, seconds: float = 20) -> None:
        """Start and wait until it says that it is ready. Raises RuntimeError if it ends instead."""
        self.launch()
        until(lambda: self.has_ended or self.logged("service.ready"), seconds)
        if self.has_ended:
            raise RuntimeError(f"{self.module} ended with {self._running.returncode}: {self.text}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._running.send_signal(number)

    def wait(self, seconds: float = 30) -> int:
        """The exit status, once it ended."""
        return self._running.wait(seconds)

    def kill(self) -> None:
        """End it with SIGKILL, if it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def leave(self) -> None:
        """End it, if it still runs: the test has seen what it wanted."""
        if self._process is not None:
            end(self._process)

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._running.poll() is not None

    @property
    def text(self) -> str:
        """Everything on its standard error."""
        return self._log.read_text(encoding="utf-8")

    def lines(self, action: str) -> list[dict[str, Any]]:
        """The log lines with this action."""
        return [line for line in self._parsed() if line.get("action") == action]

    def logged(self, action: str) -> bool:
        """Whether there is such a line."""
        return bool(self.lines(action))

    def _parsed(self) -> Iterator[dict[str, Any]]:
        for line in self.text.splitlines():
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # not a log line, or one that is half written
