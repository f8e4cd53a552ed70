"""Changes to an outbox, through the one process that may write to it.

While a gateway runs, that is the gateway: it is asked over its control port with the token of the
lock file. Otherwise the lock is taken and the file opened here.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from contracts import metrics, wire
from contracts.message import Message
from contracts.telemetry import Telemetry
from contracts.version import current
from gateway_outbox.outbox import outbox_lock
from gateway_outbox.outbox.held_deletions import apply_held, dismiss_held
from gateway_outbox.outbox.outbox import Appended, Outbox, open_outbox
from ops.gateway_client import GatewayClient, running_gateway
from ops.outbox.outbox_reader import must_exist

_CHUNK_BYTES = 512 * 1024  # one request: some hundred usual messages, or a few of the largest


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

    async def apply_deletions(self, channel_id: int) -> int:
        """Take over the deletions that are held of a channel; returns how many."""

    async def dismiss_deletions(self, channel_id: int) -> int:
        """Forget them, and keep the messages; returns how many."""

    async def vacuum(self) -> Sizes:
        """Give free pages back to the file system."""


@asynccontextmanager
async def open_door(path: Path, *, create: bool = False) -> AsyncIterator[Door]:
    """The way to change the outbox at `path` now; `create` makes one where there is none.

    Raises OutboxUnusableError, AlreadyRunningError and DoorError, each with what to do.
    """
    if not create:
        must_exist(path)
    async with running_gateway(path) as client:
        if client:
            yield RunningGateway(client)
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

    def __init__(self, client: GatewayClient) -> None:
        self._client = client

    async def append(self, messages: Sequence[Message], source: str) -> Appended:
        """As `Door.append`, in bodies that the gateway takes."""
        stored = duplicates = 0
        head = b'{"source":%b,"messages":[' % msgspec.json.encode(source)
        for chunk in _chunks(messages):
            answer = await self._client.post("/outbox/append", head + b",".join(chunk) + b"]}")
            stored += answer["stored"]
            duplicates += answer["duplicates"]
        return Appended(stored, duplicates)

    async def retry(self, seqs: Iterable[int] | None) -> int:
        """As `Door.retry`."""
        chosen = None if seqs is None else list(seqs)
        return await self._changed("/outbox/retry", {"seqs": chosen})

    async def discard(self, seqs: Iterable[int], reason: str) -> int:
        """As `Door.discard`."""
        return await self._changed("/outbox/discard", {"seqs": list(seqs), "reason": reason})

    async def apply_deletions(self, channel_id: int) -> int:
        """As `Door.apply_deletions`."""
        return await self._changed("/channels/deletions/apply", {"channel_id": channel_id})

    async def dismiss_deletions(self, channel_id: int) -> int:
        """As `Door.dismiss_deletions`."""
        return await self._changed("/channels/deletions/dismiss", {"channel_id": channel_id})

    async def vacuum(self) -> Sizes:
        """As `Door.vacuum`."""
        answer = await self._client.post("/outbox/vacuum", b"{}")
        return Sizes(answer["before_bytes"], answer["after_bytes"])

    async def _changed(self, path: str, body: dict[str, object]) -> int:
        return int((await self._client.post(path, body))["changed"])


class OwnHand:
    """Writes to the outbox itself, under the lock."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.append = outbox.append
        self.retry = outbox.retry
        self.discard = outbox.discard
        self.apply_deletions = partial(apply_held, outbox)
        self.dismiss_deletions = partial(dismiss_held, outbox)

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
