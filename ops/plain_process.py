"""A component that is a process of its own without a supervisor: what a developer has.

Started in the background with its log and its pid in files of the run folder. A pid alone may be
another process by now, so its start time is kept beside it.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from gateway_outbox.whole_file import replaced
from ops.process_facts import resident_bytes, start_ticks, started_at
from ops.standing import Standing
from ops.supervisor import TAIL_LINES, ComponentFailedError, LogCommand, Wanted

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 45.0  # both services have a shorter bound of their own
_LOOK_SECONDS: Final = 0.05
_SEEN_BYTES: Final = 256 * 1024


class Told(msgspec.Struct, frozen=True):
    """What the pid file says: the process, when it began, and where it listens once it does."""

    pid: int
    ticks: int
    url: str = ""


class PlainProcess:
    """`python -m MODULE`, detached, ready when `is_ready` says so of its URL."""

    kind = "process"

    def __init__(
        self,
        component: str,
        module: str,
        folder: Path,
        environ: Mapping[str, str],
        is_ready: Callable[[str], bool],
    ) -> None:
        self.component = component
        self.log_file = folder / f"{component}.log"
        self._pid_file = folder / f"{component}.pid"
        self._module = module
        self._environ = dict(environ)
        self._is_ready = is_ready
        self.expected_url = ""  # where it would listen if somebody else had started it

    def told(self) -> Told | None:
        """The process that we started and that still runs; None when there is none."""
        try:
            told = msgspec.json.decode(self._pid_file.read_bytes(), type=Told)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        return told if start_ticks(told.pid) == told.ticks else None

    def look(self) -> list[Standing]:
        """As `Supervisor.look`; `failed` where a pid file was left behind."""
        told = self.told()
        row = Standing(
            component=self.component, name=self.component, supervisor=self.kind, state="stopped"
        )
        if told:
            row.state = "running" if told.url else "starting"
            row.pid, row.since = told.pid, started_at(told.pid)
            row.memory_bytes = resident_bytes(told.pid)
        elif self._pid_file.exists():
            row.state, row.trouble = "failed", f"it ended by itself; see {self.log_file}"
        return [row]

    def start(self) -> bool:
        """As `Supervisor.start`."""
        if self.told():
            return False
        self._pid_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log_file.exists():
            self.log_file.replace(self.log_file.with_name(f"{self.log_file.name}.1"))
        pid = self._launch()
        told = Told(pid, start_ticks(pid) or 0)
        self._note(told)
        self._note(msgspec.structs.replace(told, url=self._wait_until_ready(pid)))
        return True

    def stop(self) -> bool:
        """As `Supervisor.stop`: SIGTERM, and its own bounded drain."""
        told = self.told()
        if told is None:
            self._pid_file.unlink(missing_ok=True)
            return False
        os.kill(told.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self.told():
            if time.monotonic() > deadline:
                reason = f"pid {told.pid} did not end within {STOP_SECONDS:.0f} s of SIGTERM"
                raise ComponentFailedError(self.component, reason, self.tail())
            time.sleep(_LOOK_SECONDS)
        self._pid_file.unlink(missing_ok=True)
        return True

    def tail(self) -> list[str]:
        """As `Supervisor.tail`."""
        return self._lines()[-TAIL_LINES:]

    def urls(self) -> dict[str, str]:
        """As `Supervisor.urls`."""
        told = self.told()
        return {self.component: told.url} if told and told.url else {}

    def log(self, wanted: Wanted, /) -> LogCommand:
        """As `Supervisor.log`."""
        # -F: a restart begins a new file under the same name
        options = ["-F"] if wanted.follow else []
        return LogCommand(
            self.component,
            ["tail", *options, f"--lines={wanted.lines}", str(self.log_file)],
            "plain",
        )

    def _launch(self) -> int:
        """The new process's pid. Not a `Popen`: it is to outlive us, unwaited for."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", self._module],
            self._environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log_file), flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )

    def _wait_until_ready(self, pid: int) -> str:
        """Its URL, once it is ready. Raises ComponentFailedError with its process gone."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._pid_file.unlink(missing_ok=True)
                reason = f"it ended with status {os.waitstatus_to_exitcode(status)}"
                raise ComponentFailedError(self.component, reason, self.tail())
            url = self._announced()
            if url and self._is_ready(url):
                return url
            time.sleep(_LOOK_SECONDS)
        self.stop()
        reason = f"it was not ready after {START_SECONDS:.0f} s, and was stopped"
        raise ComponentFailedError(self.component, reason, self.tail())

    def _announced(self) -> str:
        """Where it listens, from its own line `service.ready`."""
        for line in self._lines():
            if '"service.ready"' in line:
                found = json.loads(line[line.index("{") :])
                url = str(found.get("address") or f"http://127.0.0.1:{found['port']}")
                return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//:::", "//[::1]:")
        return ""

    def _lines(self) -> list[str]:
        try:
            with self.log_file.open("rb") as stream:
                stream.seek(max(0, stream.seek(0, os.SEEK_END) - _SEEN_BYTES))
                return stream.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def _note(self, told: Told) -> None:
        with replaced(self._pid_file) as stream:
            stream.write(msgspec.json.encode(told))
