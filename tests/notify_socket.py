"""The socket of a service manager, and what came to it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import until


class NotifySocket:
    """`told` holds the lines of all datagrams so far, in their order."""

    def __init__(self, listening: socket.socket, address: str) -> None:
        self._listening = listening
        self._told: list[str] = []
        self.address = address

    @property
    def told(self) -> list[str]:
        """Everything that came, as of now."""
        while True:
            try:
                self._told += self._listening.recv(4096).decode().split("\n")
            except BlockingIOError:
                return self._told

    def wait_for(self, line: str) -> None:
        """Until such a line has come. Raises TimeoutError."""
        until(lambda: line in self.told)

    def last_status(self) -> str:
        """The latest line for people."""
        return [line for line in self.told if line.startswith("STATUS=")][-1]


@contextmanager
def notify_socket(address: str | Path) -> Iterator[NotifySocket]:
    """A manager's socket at a path, or at a name of the kernel that begins with @."""
    name = str(address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.setblocking(False)
        listening.bind("\0" + name[1:] if name[0] == "@" else name)
        yield NotifySocket(listening, name)
