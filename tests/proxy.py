"""Proxies on real sockets that fail on demand: what stands between the parts in an outage."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import anyio
from anyio.abc import ByteStream, SocketStream, TaskGroup
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.listener import ENDS, HOST, Listener

__all__ = ["HOST", "HttpProxy", "Proxy"]

MAX_HEAD_BYTES = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Proxy(Listener):
    """Carries TCP connections from a port of its own, kept over `close` and `open`, to a target.

    While closed, connections are refused. While held, they are taken and nothing comes through, as
    from a host that lost its power. Use it inside `running`.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._target = (host, port)
        self._flows = anyio.Event()
        self._flows.set()

    def hold(self) -> None:
        """Let nothing through any more; every connection stays open."""
        self._flows = anyio.Event()

    def let_go(self) -> None:
        """Let through what comes, and what was held."""
        self._flows.set()

    async def lead_to(self, host: str, port: int) -> None:
        """End every connection; new ones go there."""
        await self.close()
        self._target = (host, port)
        await self.open()

    async def _carry(self, client: SocketStream) -> None:
        async with (
            await anyio.connect_tcp(*self._target) as server,
            anyio.create_task_group() as both,
        ):
            both.start_soon(self._pump, client, server, both)
            both.start_soon(self._pump, server, client, both)

    async def _pump(self, source: ByteStream, sink: ByteStream, both: TaskGroup) -> None:
        try:
            while True:
                received = await source.receive()
                await self._flows.wait()
                await sink.send(received)
        except ENDS:
            both.cancel_scope.cancel()


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
