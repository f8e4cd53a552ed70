"""A light HTTP load: prebuilt requests over a few kept connections, each answer timed."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from contracts import wire
from contracts.message import Message

_OK = b"HTTP/1.1 200 "
_LENGTH = b"\r\ncontent-length:"


class Load(NamedTuple):
    """How long all took, and how long each request waited, in milliseconds."""

    seconds: float
    waits_ms: list[float]


class UnexpectedAnswerError(RuntimeError):
    """A server under load answered something other than 200."""


def singles(messages: Iterable[Message], token: str) -> list[bytes]:
    """A `POST /ingest` for each message."""
    return [_request(wire.INGEST_PATH, wire.encode(message), token) for message in messages]


def batches(messages: list[Message], token: str) -> list[bytes]:
    """`POST /ingest/batch` of the largest size."""
    size = wire.MAX_BATCH_MESSAGES
    parts = [messages[first : first + size] for first in range(0, len(messages), size)]
    bodies = [wire.batch_body([wire.encode(message) for message in part]) for part in parts]
    return [_request(wire.BATCH_PATH, body, token) for body in bodies]


def get(target: str, *headers: str) -> bytes:
    """A `GET` of a path and its query."""
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: localhost", *headers, "\r\n"]).encode()


async def load(url: str, requests: list[bytes], connections: int) -> Load:
    """Send every request once, each connection the next one as soon as it has its answer.

    Raises UnexpectedAnswerError, ConnectionError.
    """
    loop, left = asyncio.get_running_loop(), iter(requests)
    host, _, port = urlsplit(url).netloc.partition(":")
    made = [
        await loop.create_connection(lambda: _Connection(left), host, int(port))
        for _ in range(connections)
    ]
    begun = time.perf_counter()
    for _, connection in made:
        connection.send()
    waits = [wait for _, connection in made for wait in await connection.done]
    return Load(time.perf_counter() - begun, waits)


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last is whole. Streams cost twice as much."""

    def __init__(self, left: Iterator[bytes]) -> None:
        self.done: asyncio.Future[list[float]] = asyncio.get_running_loop().create_future()
        self._left = left
        self._head = b""
        self._missing = 0
        self._sent_at = 0.0
        self._waits: list[float] = []
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to send."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """A fault unless we closed it."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Go on when the answer is whole."""
        self._missing -= len(data)
        if self._missing < 0 and not self._read_head(data):
            return
        if self._missing == 0:
            self._waits.append((time.perf_counter() - self._sent_at) * 1000)
            self.send()

    def send(self) -> None:
        """The next request, or the end."""
        request = next(self._left, None)
        if self._transport is None or request is None:
            self.done.set_result(self._waits)
            if self._transport:
                self._transport.close()
            return
        self._head, self._missing = b"", 0
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def _read_head(self, data: bytes) -> bool:
        """Whether the head is whole; then the body's missing bytes are known."""
        self._head += data
        head, found, body = self._head.partition(b"\r\n\r\n")
        self._missing = 0
        if not found:
            return False
        if not head.startswith(_OK):
            self.done.set_exception(UnexpectedAnswerError(f"the server answered {self._head!r}"))
            return False
        self._missing = int(head.lower().partition(_LENGTH)[2].partition(b"\r")[0]) - len(body)
        return True


def _request(path: str, body: bytes, token: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"{wire.TOKEN_HEADER}: {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
