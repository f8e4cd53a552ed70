"""A Telegram data centre on a local port, scripted: real clients talk to it over real sockets."""

import asyncio
import os
import struct
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol

import anyio
from anyio.abc import SocketStream
from anyio.from_thread import start_blocking_portal
from telethon.tl import types
from telethon.tl.core import GzipPacked

from tests.listener import HOST, Listener
from tests.telegram.answers import ANSWERS
from tests.telegram.call import Call
from tests.telegram.faults import Action, Fault, Faults
from tests.telegram.mtproto_connection import MtprotoConnection
from tests.telegram.refusal import RefusedError
from tests.telegram.request_name import name_of
from tests.telegram.world import Push, Telegram

_RPC_RESULT = 0xF35C6D01
_VECTOR = 0x1CB5C415
_TRUE, _FALSE = 0x997275B5, 0xBC799737
_OPEN = ("auth.", "help.", "langpack.", "account.GetPassword")
_SMALL, _LARGE = 512, 1 << 16


class Handshake(Protocol):
    """Answers the unencrypted messages in which a client makes its authorization key.

    It calls `Telegram.register(key)` with each key that it has agreed on.
    """

    async def answer(self, plain: bytes) -> bytes:
        """The whole payload of the answer, its 8 zero bytes first, as `plain` has them."""


class MtprotoServer(Listener):
    """Answers for a Telegram. Use it inside `running_server`.

    - `answers`: request class -> function; add your own
    - `faults`: what goes wrong instead
    - `asked`: (name, request) of each that arrived, in order; `unscripted`: names nobody answers
    - `failures`: what answers raised by mistake (the client gets SCRIPT_FAILED); raised at the end
    - `handshake`: how keys are made; without it an unencrypted message gets -404
    """

    def __init__(self, telegram: Telegram, handshake: Handshake | None = None) -> None:
        super().__init__()
        self.telegram = telegram
        self.handshake = handshake
        self.answers = dict(ANSWERS)
        self.faults = Faults()
        self.asked: list[tuple[str, Any]] = []
        self.unscripted: list[str] = []
        self.failures: list[Exception] = []
        self.connections: set[MtprotoConnection] = set()
        self.salt = int.from_bytes(os.urandom(7), "little")
        self._held: list[tuple[MtprotoConnection, bytes]] = []
        self._last_message_id = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def count(self, name: str) -> int:
        """How many requests of this name have arrived."""
        return sum(name == each for each, _ in self.asked)

    def drop_all(self) -> None:
        """End every connection; new ones are taken. From any thread."""
        self._soon(lambda connection: connection.end())

    def push_undecodable(self, text: str = "") -> None:
        """Send everyone an object with this text that no client can read. From any thread."""
        body = struct.pack("<I", 0xDEADBEEF) + os.urandom(12) + text.encode().ljust(4)
        body += bytes(-len(body) % 4)
        self._soon(lambda connection: connection.send(body))

    def push_transport_error(self, code: int) -> None:
        """Send everyone -404 or -429. From any thread."""
        self._soon(lambda connection: connection.send_transport_error(code))

    def hear(self, push: Push) -> None:
        """Send a push on, as it is now. From any thread."""
        body = packed(bytes(push.update))
        if not self.faults.muted:
            self._soon(lambda each: each.send(body) if each.hears(push) else None)

    async def answer_plain(self, plain: bytes) -> bytes:
        """The payload that answers an unencrypted one."""
        if self.handshake is None:
            return struct.pack("<i", -404)
        return await self.handshake.answer(plain)

    def answer(self, connection: MtprotoConnection, message_id: int, request: Any) -> bytes | None:
        """The rpc_result for a request, None where the script has no answer."""
        request, silent = unwrapped(request)
        name = name_of(request)
        self.asked.append((name, request))
        fault = self.faults.take(name)
        result = b""
        if fault is None or fault.after:
            result = self._result(connection, name, request)
        if not silent and not name.startswith(_OPEN):
            connection.listens = True
        head = struct.pack("<Iq", _RPC_RESULT, message_id)
        if fault is None:
            return head + result
        return self._failed(connection, fault, head, result)

    def release(self) -> None:
        """Send the answers that `Faults.hold` has kept back. From any thread."""
        held, self._held = self._held, []
        for connection, body in held:
            self._soon(lambda each, to=connection, body=body: each is to and each.send(body))

    def next_message_id(self) -> int:
        """Rising, odd, and telling the time, as clients check."""
        told = int(time.time() * 2**32) // 4 * 4 + 1
        self._last_message_id = max(told, self._last_message_id + 4)
        return self._last_message_id

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve inside the block."""
        self._loop = asyncio.get_running_loop()
        async with anyio.create_task_group() as tasks, self.running(tasks):
            self.telegram.address = (HOST, self.port)
            self.telegram.audience.add(self.hear)
            try:
                yield
            finally:
                self.telegram.audience.discard(self.hear)
        if self.failures:
            raise ExceptionGroup("the script failed", self.failures)

    async def _carry(self, client: SocketStream) -> None:
        connection = MtprotoConnection(self, client)
        self.connections.add(connection)
        try:
            await connection.serve()
        finally:
            self.connections.discard(connection)

    def _failed(
        self, connection: MtprotoConnection, fault: Fault, head: bytes, result: bytes
    ) -> bytes | None:
        if fault.action is Action.REFUSE:
            return head + bytes(types.RpcError(fault.code, fault.text))
        if fault.action is Action.HOLD:
            self._held.append((connection, head + result))
        if fault.action is Action.DROP:
            connection.end()
        return None

    def _result(self, connection: MtprotoConnection, name: str, request: Any) -> bytes:
        try:
            return packed(_serialized(self._called(connection, name, request)))
        except RefusedError as error:
            return bytes(types.RpcError(error.code, error.text))
        except Exception as error:  # noqa: BLE001  # why: a mistake must not hang the test
            self.failures.append(error)
            return bytes(types.RpcError(400, f"SCRIPT_FAILED_{name}"))

    def _called(self, connection: MtprotoConnection, name: str, request: Any) -> Any:
        login, session = connection.login, connection.session
        if login is None or session is None:
            raise RuntimeError(f"{name} came before the key of its connection was known")
        if login.refusal is not None and (login.refusal.code, name) != (401, "help.GetConfig"):
            raise login.refusal
        if login.account is None and not name.startswith(_OPEN):
            raise RefusedError(401, "AUTH_KEY_UNREGISTERED")
        if type(request) not in self.answers:
            self.unscripted.append(name)
            raise RefusedError(400, f"METHOD_NOT_SCRIPTED_{name}")
        with self.telegram.lock:
            return self.answers[type(request)](Call(self.telegram, login, request, session))

    def _soon(self, act: Any) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._each, act)

    def _each(self, act: Any) -> None:
        for connection in list(self.connections):
            act(connection)


@asynccontextmanager
async def running_server(
    telegram: Telegram, handshake: Handshake | None = None
) -> AsyncIterator[MtprotoServer]:
    """A server on a free port (`.port`), gone after the block."""
    server = MtprotoServer(telegram, handshake)
    async with server.serving():
        yield server


@contextmanager
def threaded_server(telegram: Telegram) -> Iterator[MtprotoServer]:
    """The same in a thread of its own, for tests that wait for processes."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(running_server(telegram)) as server,
    ):
        yield server


def unwrapped(request: Any) -> tuple[Any, bool]:
    """The request inside its wrappers, and whether it came with "without updates"."""
    silent = False
    while hasattr(request, "query") and name_of(request).startswith(("Invoke", "Init")):
        silent = silent or name_of(request) == "InvokeWithoutUpdates"
        request = request.query
    return request, silent


def packed(body: bytes) -> bytes:
    """Compressed where Telegram would, to show that clients cope."""
    if not _SMALL < len(body) < _LARGE:
        return body
    small = bytes(GzipPacked(body))
    return small if len(small) < len(body) else body


def _serialized(answer: Any) -> bytes:
    if isinstance(answer, bool):
        return struct.pack("<I", _TRUE if answer else _FALSE)
    if isinstance(answer, list):
        return struct.pack("<Ii", _VECTOR, len(answer)) + b"".join(bytes(each) for each in answer)
    return bytes(answer)
