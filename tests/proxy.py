"""Proxies on real sockets that fail on demand: what stands between the parts in an outage."""

import re
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import anyio
from anyio.abc import ByteStream, SocketStream, TaskGroup
from anyio.streams.buffered import BufferedByteReceiveStream

HOST = "127.0.0.1"
MAX_HEAD_BYTES = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_ENDS = (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, OSError)


class Proxy:
    """Carries TCP connections from a port of its own, kept over `close` and `open`, to a target.

    While closed, connections are refused. Use it inside `running`.
    """

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self._target = (host, port)
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

    async def _listen(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        self._release()
        self._closed = anyio.Event()
        with _bound(self.port) as listener:
            listener.listen()
            self.port = listener.getsockname()[1]
            with anyio.CancelScope() as self._scope:
                async with anyio.create_task_group() as connections:
                    task_status.started()
                    await self._accept(listener, connections)
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
            except _ENDS:
                return  # one side went: the connection is over for both

    async def _carry(self, client: SocketStream) -> None:
        async with (
            await anyio.connect_tcp(*self._target) as server,
            anyio.create_task_group() as both,
        ):
            both.start_soon(_pump, client, server, both)
            both.start_soon(_pump, server, client, both)


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setblocking(False)
    bound.bind((HOST, port))
    return bound


class Reply(NamedTuple):
    """Bytes for the client, and whether the connection ends after them."""

    content: bytes = b""
    ends: bool = False


Fault = Callable[["HttpProxy", bytes], Awaitable[Reply]]


class HttpProxy(Proxy):
    """Hands each request to `fault`, which answers it; `seen` counts what really happened.

    A request that holds `poison` is answered 500, whatever the fault.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.seen: Counter[str] = Counter()
        self.poison = b""
        self.changed = anyio.Event()
        self._fault: Fault = passed

    @property
    def fault(self) -> Fault:
        """How requests are answered now."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self._fault = fault
        self.changed.set()
        self.changed = anyio.Event()

    async def forward(self, request: bytes) -> bytes:
        """The target's whole answer; it has done its work by then."""
        async with await anyio.connect_tcp(*self._target) as server:
            await server.send(request)
            answer = await _read(BufferedByteReceiveStream(server))
        self.seen[f"{answer[9:12].decode()} from the API"] += 1
        return answer

    async def _carry(self, client: SocketStream) -> None:
        requests = BufferedByteReceiveStream(client)
        while True:
            request = await _read(requests)
            poisoned = self.poison and self.poison in request
            reply = await (status(500) if poisoned else self._fault)(self, request)
            await client.send(reply.content)
            if reply.ends:
                return


async def passed(proxy: HttpProxy, request: bytes) -> Reply:
    """The target's own answer."""
    return Reply(await proxy.forward(request))


async def dropped(proxy: HttpProxy, _request: bytes) -> Reply:
    """The connection ends; the target never hears of the request."""
    proxy.seen["dropped"] += 1
    return Reply(ends=True)


async def deaf(proxy: HttpProxy, _request: bytes) -> Reply:
    """No answer until the fault changes; then the connection ends."""
    proxy.seen["deaf"] += 1
    await proxy.changed.wait()
    return Reply(ends=True)


async def lost(proxy: HttpProxy, request: bytes) -> Reply:
    """The target has done it all, and the client never learns of it."""
    answer = await proxy.forward(request)
    proxy.seen["lost"] += answer[9:12] == b"200"
    return Reply(ends=True)


async def halved(proxy: HttpProxy, request: bytes) -> Reply:
    """The answer breaks off in its middle."""
    answer = await proxy.forward(request)
    proxy.seen["halved"] += answer[9:12] == b"200"
    return Reply(answer[: len(answer) // 2], ends=True)


def status(code: int, retry_after: int | None = None) -> Fault:
    """An answer with this status and no body that the target never gave."""
    wait = "" if retry_after is None else f"Retry-After: {retry_after}\r\n"
    content = f"HTTP/1.1 {code} Scripted\r\n{wait}Content-Length: 0\r\n\r\n".encode()

    async def answered(proxy: HttpProxy, _request: bytes) -> Reply:
        proxy.seen[f"{code}"] += 1
        return Reply(content)

    return answered


async def _read(stream: BufferedByteReceiveStream) -> bytes:
    """One HTTP message whose length its head tells."""
    head = await stream.receive_until(b"\r\n\r\n", MAX_HEAD_BYTES) + b"\r\n\r\n"
    length = _LENGTH.search(head)
    return head + (await stream.receive_exactly(int(length[1])) if length else b"")


async def _pump(source: ByteStream, sink: ByteStream, both: TaskGroup) -> None:
    try:
        while True:
            await sink.send(await source.receive())
    except _ENDS:
        both.cancel_scope.cancel()
