"""A gateway as a process of its own, as an operator runs it; by default its API is not there."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ended_process import end
from tests.messages import TOKEN

ROOT = Path(__file__).resolve().parent.parent
NOBODY_LISTENS = "http://127.0.0.1:1/ingest"
STOP_SECONDS = 20


class GatewayProcess:
    """A gateway that said `service.ready`: its `pid`, its `port`, and the log lines read so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.port = int(self.wait_for("service.ready")["port"])

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.process.pid

    def wait_for(self, action: str) -> dict[str, Any]:
        """Read the log up to the line of this action. Raises EOFError when it ends before."""
        for line in self._lines():
            if line.get("action") == action:
                return line
        raise EOFError(f"no {action} in the log: {self.log}")

    def wait_for_all(self, *actions: str) -> None:
        """Read the log until each of these was met, in any order. Raises EOFError as above."""
        waiting = set(actions)
        for line in self._lines():
            waiting.discard(line.get("action", ""))
            if not waiting:
                return
        raise EOFError(f"no {sorted(waiting)} in the log: {self.log}")

    def _lines(self) -> Iterator[dict[str, Any]]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line))
            yield self.log[-1]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; returns the exit status (negative: ended by the signal)."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


def environment(outbox: Path, **variables: str) -> dict[str, str]:
    """Variables of a gateway on this outbox, on any free port."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "API_SECRET_TOKEN": TOKEN,
        "API_ENDPOINT": NOBODY_LISTENS,
        "OUTBOX_PATH": str(outbox),
        "GATEWAY_PORT": "0",
        **variables,
    }


@contextmanager
def gateway_process(outbox: Path, *arguments: str, **variables: str) -> Iterator[GatewayProcess]:
    """A running gateway, ended with the block if it has not ended before."""
    command = [sys.executable, "-m", "gateway_outbox", *arguments]
    environ = environment(outbox, **variables)
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield GatewayProcess(process)
        finally:
            end(process)


def run_gateway(outbox: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """A gateway that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "gateway_outbox"],
        env=environment(outbox, **variables),
        capture_output=True,
        text=True,
        timeout=STOP_SECONDS,
        check=False,
    )
