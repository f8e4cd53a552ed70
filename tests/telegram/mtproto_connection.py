"""One client's TCP connection to the scripted server."""

import math
import struct
from typing import TYPE_CHECKING, Any

import anyio
from anyio.abc import SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream
from telethon.extensions import BinaryReader
from telethon.tl import functions, types
from telethon.tl.core import GzipPacked, MessageContainer

from tests.telegram import packet
from tests.telegram.world import Login, Push

if TYPE_CHECKING:
    from tests.telegram.mtproto_server import MtprotoServer

_CONTAINER = 0x73F1F8DC
_FLOODED = -429


class MtprotoConnection:
    """Reads frames and hands requests to the server; nothing of it outlives the connection.

    `listens` tells whether pushes are sent: from the first request of a logged-in client on.
    """

    def __init__(self, server: "MtprotoServer", stream: SocketStream) -> None:
        self.listens = False
        self.login: Login | None = None
        self.session: int | None = None
        self._server = server
        self._stream = stream
        self._frames = 0
        self._messages = 0
        self._scope = anyio.CancelScope()
        self._outgoing, self._waiting = anyio.create_memory_object_stream[bytes](math.inf)

    async def serve(self) -> None:
        """Until the client goes, or `end`."""
        with self._scope, self._outgoing, self._waiting:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write)
                await self._read()
                tasks.cancel_scope.cancel()

    def end(self) -> None:
        """Close the connection at once."""
        self._scope.cancel()

    def hears(self, push: Push) -> bool:
        """Whether a push is for this connection."""
        if self.login is None or self.session == push.skip:
            return False
        if push.key is not None:
            return push.key == self.login.key
        account = self.login.account
        return self.listens and account is not None and push.account in {None, account.id}

    def send(self, *bodies: bytes) -> None:
        """Send messages to the client: several go in one container."""
        if self.login is None or self.session is None or not bodies:
            return
        messages = [self._message(body) for body in bodies]
        if len(messages) > 1:
            content = struct.pack("<Ii", _CONTAINER, len(messages)) + b"".join(messages)
            messages = [self._message(content, counts=False)]
        login, salt = self.login, self._server.salt
        self._send(packet.seal(login.key, salt, self.session, messages[0]))

    def send_transport_error(self, code: int) -> None:
        """Send -404 or -429, in the form that each is seen in."""
        if code == _FLOODED:
            self._outgoing.send_nowait(struct.pack("<iii", code, code, code))
        else:
            self._send(struct.pack("<i", code))

    async def _read(self) -> None:
        stream = BufferedByteReceiveStream(self._stream)
        try:
            while True:
                await self._receive(await packet.read_frame(stream))
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
            return
        except Exception as error:  # noqa: BLE001  # why: a mistake must not hang the test
            self._server.failures.append(error)

    async def _write(self) -> None:
        try:
            async for content in self._waiting:
                await self._stream.send(content)
        except anyio.BrokenResourceError:
            self.end()

    async def _receive(self, payload: bytes) -> None:
        faults = self._server.faults
        if faults.muted:
            return
        if faults.transport is not None:
            self.send_transport_error(faults.transport)
        elif not any(payload[:8]):
            self._send(await self._server.answer_plain(payload))
        elif (login := self._server.telegram.logins.get(payload[:8])) is None:
            self.send_transport_error(-404)
        else:
            self.login = login
            self._answer(packet.unseal(login.key, payload))

    def _answer(self, received: packet.Packet) -> None:
        fresh = self.session != received.session
        self.session = received.session
        if fresh:
            self.send(bytes(types.NewSessionCreated(received.message_id, 0, self._server.salt)))
        answers = []
        for message_id, request in _requests(received):
            answer = self._one(message_id, request)
            if answer is not None:
                answers.append(answer)
        self.send(*answers)

    def _one(self, message_id: int, request: Any) -> bytes | None:
        if isinstance(request, functions.PingRequest | functions.PingDelayDisconnectRequest):
            return bytes(types.Pong(message_id, request.ping_id))
        return self._server.answer(self, message_id, request)

    def _message(self, body: bytes, *, counts: bool = True) -> bytes:
        number = self._messages * 2 + counts
        self._messages += counts
        return struct.pack("<qii", self._server.next_message_id(), number, len(body)) + body

    def _send(self, payload: bytes) -> None:
        self._outgoing.send_nowait(packet.frame(self._frames, payload))
        self._frames += 1


def _requests(received: packet.Packet) -> list[tuple[int, Any]]:
    """Each message's id and request, acknowledgements and such left out."""
    top = BinaryReader(received.body).tgread_object()
    messages = [(received.message_id, top)]
    if isinstance(top, MessageContainer):
        messages = [(each.msg_id, each.obj) for each in top.messages]
    opened = [(id_, _opened(request)) for id_, request in messages]
    return [(id_, each) for id_, each in opened if not isinstance(each, types.MsgsAck)]


def _opened(request: Any) -> Any:
    packed = isinstance(request, GzipPacked)
    return BinaryReader(request.data).tgread_object() if packed else request
