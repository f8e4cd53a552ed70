"""A TCP port of its own that can be opened and closed again and again."""

import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import SocketStream, TaskGroup

HOST = "127.0.0.1"
ENDS = (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, OSError)


class Listener(ABC):
    """Serves the connections to a port that it keeps over `close` and `open`.

    While closed, connections are refused. Use it inside `running`.
    """

    def __init__(self) -> None:
        self.port = 0
        self._keeper: socket.socket | None = None
        self._tasks: TaskGroup | None = None
        self._scope: anyio.CancelScope | None = None
        self._closed = anyio.Event()

    @property
    def is_open(self) -> bool:
        """Whether connections are taken."""
        return self._scope is not None

    async def open(self) -> None:
        """Take connections; nothing to do if it does already."""
        if self._scope is None and self._tasks is not None:
            await self._tasks.start(self._listen)

    async def close(self) -> None:
        """End every connection and refuse new ones."""
        if self._scope is not None:
            self._scope.cancel()
            await self._closed.wait()

    @asynccontextmanager
    async def running(self, tasks: TaskGroup) -> AsyncIterator[None]:
        """Open inside the block, and gone after it."""
        self._tasks = tasks
        await self.open()
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self.close()
            self._release()

    @abstractmethod
    async def _carry(self, client: SocketStream) -> None:
        """Serve one connection; it is over when this returns or raises one of ENDS."""

    async def _listen(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        self._release()
        self._closed = anyio.Event()
        try:
            with _bound(self.port) as listener:
                listener.listen()
                self.port = listener.getsockname()[1]
                with anyio.CancelScope() as self._scope:
                    async with anyio.create_task_group() as connections:
                        task_status.started()
                        await self._accept(listener, connections)
        finally:  # also when all around is cancelled: `close` waits for this
            # Bound without listening: the port refuses, and nobody else can take it meanwhile.
            self._keeper = _bound(self.port)
            self._scope = None
            self._closed.set()

    async def _accept(self, listener: socket.socket, connections: TaskGroup) -> None:
        """Take connections until cancelled, and never between taking one and keeping it.

        asyncio's own accept, cancelled as one arrives, leaves its socket open with nobody to close
        it (bugs.python.org/issue41317); here the only wait is the one for something to take.
        """
        while True:
            await anyio.wait_readable(listener)
            with suppress(BlockingIOError, ConnectionAbortedError):
                connections.start_soon(self._handle, listener.accept()[0])

    def _release(self) -> None:
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    async def _handle(self, taken: socket.socket) -> None:
        with anyio.CancelScope(shield=True):
            client = await SocketStream.from_socket(taken)
        async with client:
            try:
                await self._carry(client)
            except ENDS:
                return  # one side went: the connection is over for both


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setblocking(False)
    bound.bind((HOST, port))
    return bound


def is_free(port: int) -> bool:
    """Whether somebody could listen on this port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
