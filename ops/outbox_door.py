"""Changes to an outbox, through the one process that may write to it.

While a gateway runs, that is the gateway: it is asked over its control port with the token of the
lock file. Otherwise the lock is taken and the file opened here.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import aiohttp
import msgspec

from contracts import metrics, wire
from contracts.message import Message
from contracts.problem import Problem
from contracts.telemetry import Telemetry
from contracts.version import current
from gateway_outbox import outbox_lock
from gateway_outbox.control import CONTROL_HEADER
from gateway_outbox.errors import GatewayError
from gateway_outbox.outbox import Appended, Outbox, open_outbox
from gateway_outbox.outbox_lock import Holder
from ops.outbox_reader import must_exist

ANSWER_SECONDS = 120.0  # a gateway whose disk is full holds an append back until there is room
_CHUNK_BYTES = 512 * 1024  # one request: some hundred usual messages, or a few of the largest


class DoorError(GatewayError):
    """The process that holds the outbox did not do what it was asked."""


class Sizes(NamedTuple):
    """Bytes of file and log, before and after a vacuum."""

    before: int
    after: int


class Door(Protocol):
    """What the command line may change. Each method returns after the commit."""

    async def append(self, messages: Sequence[Message], source: str) -> Appended:
        """Store messages; those that are there already count as duplicates."""

    async def retry(self, seqs: Iterable[int] | None) -> int:
        """Make rows pending again (None: every dead letter); returns how many became so."""

    async def discard(self, seqs: Iterable[int], reason: str) -> int:
        """Give rows up; returns how many."""

    async def vacuum(self) -> Sizes:
        """Give free pages back to the file system."""


@asynccontextmanager
async def open_door(path: Path, *, create: bool = False) -> AsyncIterator[Door]:
    """The way to change the outbox at `path` now; `create` makes one where there is none.

    Raises OutboxUnusableError, AlreadyRunningError and DoorError, each with what to do.
    """
    if not create:
        must_exist(path)
    if holder := outbox_lock.holder_of(path):
        if not holder.port:
            raise DoorError(
                f"pid {holder.pid} holds outbox {path} and takes no requests: a gateway that is"
                " just starting, or another tpcapital command. Try again when it is done."
            )
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            yield RunningGateway(session, holder)
        return
    telemetry = Telemetry(metrics.GATEWAY, "tpcapital", current())
    try:
        with outbox_lock.hold(path):
            async with open_outbox(path, telemetry) as outbox:
                yield OwnHand(outbox)
    finally:
        telemetry.close()


class RunningGateway:
    """Asks the gateway that holds the outbox."""

    def __init__(self, session: aiohttp.ClientSession, holder: Holder) -> None:
        self._session = session
        self._holder = holder

    async def append(self, messages: Sequence[Message], source: str) -> Appended:
        """As `Door.append`, in bodies that the gateway takes."""
        stored = duplicates = 0
        head = b'{"source":%b,"messages":[' % msgspec.json.encode(source)
        for chunk in _chunks(messages):
            answer = await self._post("append", head + b",".join(chunk) + b"]}")
            stored += answer["stored"]
            duplicates += answer["duplicates"]
        return Appended(stored, duplicates)

    async def retry(self, seqs: Iterable[int] | None) -> int:
        """As `Door.retry`."""
        chosen = None if seqs is None else list(seqs)
        return (await self._post("retry", msgspec.json.encode({"seqs": chosen})))["changed"]

    async def discard(self, seqs: Iterable[int], reason: str) -> int:
        """As `Door.discard`."""
        body = msgspec.json.encode({"seqs": list(seqs), "reason": reason})
        return (await self._post("discard", body))["changed"]

    async def vacuum(self) -> Sizes:
        """As `Door.vacuum`."""
        answer = await self._post("vacuum", b"{}")
        return Sizes(answer["before_bytes"], answer["after_bytes"])

    async def _post(self, action: str, body: bytes) -> dict[str, int]:
        url = f"http://127.0.0.1:{self._holder.port}/outbox/{action}"
        headers = {CONTROL_HEADER: self._holder.control_token, "Content-Type": "application/json"}
        try:
            async with self._session.post(url, data=body, headers=headers) as response:
                content = await response.read()
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = str(error) or f"no answer in {ANSWER_SECONDS:.0f} s"
            raise DoorError(
                f"the gateway (pid {self._holder.pid}) did not answer POST {url}: {why}."
                " Look at `tpcapital outbox status`; doing the same again is safe."
            ) from error
        if status != 200:  # noqa: PLR2004  # HTTP's own number
            raise DoorError(f"POST {url} answered {status}: {_detail(content)}")
        return msgspec.json.decode(content, type=dict[str, int])


class OwnHand:
    """Writes to the outbox itself, under the lock."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.append = outbox.append
        self.retry = outbox.retry
        self.discard = outbox.discard

    async def vacuum(self) -> Sizes:
        """As `Door.vacuum`."""
        before = self._outbox.size_bytes()
        await self._outbox.vacuum()
        return Sizes(before, self._outbox.size_bytes())


def _chunks(messages: Sequence[Message]) -> Iterator[list[bytes]]:
    """The encoded messages in groups of so many bytes."""
    chunk: list[bytes] = []
    size = 0
    for message in messages:
        body = wire.encode(message)
        if chunk and size + len(body) > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(body)
        size += len(body) + 1
    if chunk:
        yield chunk


def _detail(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content, type=Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        return content[:200].decode(errors="replace").strip() or "without a reason"
