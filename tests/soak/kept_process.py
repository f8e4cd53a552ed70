"""A service that a run starts again and again, and that must never end by itself."""

import signal
from pathlib import Path

import anyio.to_thread

from tests.service_process import ServiceProcess
from tests.soak.patience import met

_STOP_SECONDS = 60


class KeptProcess:
    """Keeps the log of every life in a file of its own; all waits leave the event loop free."""

    def __init__(self, process: ServiceProcess, folder: Path, name: str) -> None:
        self.process = process
        self.name = name
        self.lives = 0
        self.is_meant_to_run = False
        self.ends: list[str] = []
        self._folder = folder

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        if not self.is_meant_to_run or self.process.has_ended:
            return None
        return self.process.pid

    async def start(self) -> None:
        """Start it, and wait for nothing."""
        self.lives += 1
        self.process._log = self._folder / f"{self.name}-{self.lives}.log"
        await anyio.to_thread.run_sync(self.process.launch)
        self.is_meant_to_run = True

    async def kill(self) -> bool:
        """SIGKILL; whether there was something to kill."""
        was_running = self.pid is not None
        self.is_meant_to_run = False
        await anyio.to_thread.run_sync(self.process.kill)
        return was_running

    async def stop(self) -> bool:
        """SIGTERM once it is ready, and wait; whether it ended with 0.

        Any other end is noted in `ends`. Before it is ready a signal may find no handler yet.
        """
        if not await met(lambda: self.pid is None or self.logged("service.ready") > 0, 60):
            self.ends.append(f"{self.name} was not ready within 60 s, see {self.log}")
        if self.pid is None:
            return False
        self.is_meant_to_run = False
        self.process.signal(signal.SIGTERM)
        status = await anyio.to_thread.run_sync(self.process.wait, _STOP_SECONDS)
        if status:
            self.ends.append(f"{self.name} was stopped and ended with {status}, see {self.log}")
        return status == 0

    async def look(self) -> None:
        """Note an end that nobody wanted, and start it again as its supervisor would."""
        if self.is_meant_to_run and self.process.has_ended:
            status = self.process._running.returncode
            self.ends.append(f"{self.name} ended by itself with {status}, see {self.log}")
            await self.start()

    def logged(self, action: str) -> int:
        """How many lines with this action its present life has written."""
        return len(self.process.lines(action))

    @property
    def log(self) -> Path:
        """The log of the present life."""
        return self.process._log
