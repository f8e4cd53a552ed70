"""The service manager that started this process, and what it is told (sd_notify of systemd).

The protocol is a datagram of `NAME=value` lines to the socket that `$NOTIFY_SOCKET` names. Without
that variable nobody listens, and every word here costs nothing.
"""

import logging
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import getpid

import anyio

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0  # with a manager that does not read
MAX_STATUS = 400  # characters of the line in `systemctl status`


class ServiceManager:
    """Who hears how the service is. Make one with `connect`.

    `watchdog_seconds` is how long the manager waits for a sign of life; None: for ever.
    """

    def __init__(
        self, connection: socket.socket | None, watchdog_seconds: float | None = None
    ) -> None:
        self._connection = connection
        self._speaking = anyio.Lock()
        self._status = ""
        self.is_ready = False
        self.watchdog_seconds = watchdog_seconds if connection else None

    @property
    def listens(self) -> bool:
        """Whether anybody hears what is told."""
        return self._connection is not None

    async def ready(self) -> None:
        """All is open, and what comes is stored."""
        self.is_ready = True
        await self._tell("READY=1")

    async def status(self, text: str) -> None:
        """One line on how the service is; told only when it differs from the last one."""
        line = " ".join(text.split())[:MAX_STATUS]
        if line != self._status:
            self._status = line
            await self._tell(f"STATUS={line}")

    async def alive(self) -> None:
        """The service works; without this word in time the manager ends and restarts it."""
        await self._tell("WATCHDOG=1")

    async def reloading(self) -> None:
        """A reload begins; `reloaded` ends it. Before the service is ready both say nothing."""
        if self.is_ready:
            await self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    async def reloaded(self) -> None:
        """The reload is done."""
        if self.is_ready:
            await self._tell("READY=1")

    async def stopping(self, seconds: float) -> None:
        """The orderly stop begins, and takes so long at most."""
        await self._tell("STOPPING=1")
        await self.extend(seconds)

    async def extend(self, seconds: float) -> None:
        """A start or a stop needs so many seconds more, counted from now."""
        await self._tell(f"EXTEND_TIMEOUT_USEC={int(seconds * 1_000_000)}")

    async def _tell(self, *lines: str) -> None:
        """Say it, after what others are saying; a manager that does not read holds nobody up."""
        with anyio.move_on_after(PATIENCE_SECONDS) as patience:
            async with self._speaking:  # two tasks must not wait for one socket
                await self._send("\n".join(lines).encode())
        if patience.cancelled_caught:
            log.warning("the service manager did not read %s", lines[0], extra=_BUSY)

    async def _send(self, word: bytes) -> None:
        connection = self._connection
        while connection is not None:
            try:
                connection.send(word)
            except BlockingIOError:  # its queue is full for a moment; READY=1 must not be lost
                await anyio.wait_writable(connection)
            except OSError as error:
                # A manager that is gone must not end a gateway that receives.
                self._connection = None
                log.warning(
                    "the service manager does not listen any more: %s", error.strerror, extra=_GONE
                )
                return
            else:
                return


_GONE = {"action": "service.manager_gone"}
_BUSY = {"action": "service.manager_busy"}


@contextmanager
def connect(environ: Mapping[str, str]) -> Iterator[ServiceManager]:
    """The manager that `environ` names; one that does not listen when it names none."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        yield ServiceManager(None)
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        connection.setblocking(False)
        try:
            # A leading @ is a name in the kernel alone, with no file.
            connection.connect("\0" + address[1:] if address[0] == "@" else address)
        except OSError as error:
            log.warning("NOTIFY_SOCKET %s: %s", address, error.strerror, extra=_GONE)
            yield ServiceManager(None)
            return
        yield ServiceManager(connection, watchdog_seconds(environ))


def watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """The limit of `WatchdogSec=`, if it is for this process and not for one that started it."""
    if environ.get("WATCHDOG_PID", str(getpid())) != str(getpid()):
        return None
    text = environ.get("WATCHDOG_USEC", "")
    return int(text) / 1_000_000 if text.isdecimal() and int(text) else None
