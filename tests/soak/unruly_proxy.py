"""A proxy whose faults are counted: it cuts, delays, and garbles what comes back."""

import anyio
from anyio.abc import ByteStream, SocketStream, TaskGroup

from tests.listener import ENDS
from tests.proxy import Proxy

_NOISE = b"\xff" * 8
_UNAUTHORIZED = b"HTTP/1.1 401 "


class UnrulyProxy(Proxy):
    """Counts what its faults really met: connections cut, pieces delayed or garbled, answers 401.

    Only what the target sends is garbled, and only the beginning of a piece: what TCP would let
    through of a request is data like any other, and no receiver could know.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.delayed = 0
        self.garbled = 0
        self.cut = 0
        self.unauthorized = 0
        self.is_garbling = False
        self._carried = 0

    @property
    def carries(self) -> bool:
        """Whether there is a connection now."""
        return self._carried > 0

    async def close(self) -> None:
        """End every connection and refuse new ones."""
        if self.is_open:
            self.cut += self._carried
        await super().close()

    async def _carry(self, client: SocketStream) -> None:
        self._carried += 1
        try:
            async with (
                await anyio.connect_tcp(*self._target) as server,
                anyio.create_task_group() as both,
            ):
                both.start_soon(self._carry_on, client, server, both, False)
                both.start_soon(self._carry_on, server, client, both, True)
        finally:
            self._carried -= 1

    async def _carry_on(
        self, source: ByteStream, sink: ByteStream, both: TaskGroup, is_answer: bool
    ) -> None:
        try:
            while True:
                received = await source.receive()
                if not self._flows.is_set():
                    self.delayed += 1
                    await self._flows.wait()
                await sink.send(self._answer(received) if is_answer else received)
        except ENDS:
            both.cancel_scope.cancel()

    def _answer(self, received: bytes) -> bytes:
        self.unauthorized += received.startswith(_UNAUTHORIZED)
        if not self.is_garbling:
            return received
        self.garbled += 1
        return _NOISE + received[len(_NOISE) :]
