"""What the command line asks of the running gateway, which alone writes to the outbox.

Guarded by the token in the lock file (mode 0600): who can read that file owns the outbox anyway.
"""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from aiohttp import web

from contracts.errors import ContractError
from contracts.message import INT64_MAX, Message, Word
from contracts.secret import Secret
from contracts.wire import decode_message
from gateway_outbox.control.guard import Guard
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.outbox.outbox_lock import Holder

CONTROL_HEADER = "X-Control-Token"
MAX_BODY_BYTES = 32 * 1024 * 1024

Seq = Annotated[int, msgspec.Meta(ge=1, le=INT64_MAX)]


def control_guard(holder: Holder) -> Guard:
    """Lets in who can read the holder's lock file."""
    whose = "the token in the outbox's lock file; read it again, each start makes another"
    return Guard(CONTROL_HEADER, Secret(holder.control_token), whose)


class Append(msgspec.Struct):
    """Messages to commit, and the source they came through."""

    source: Word
    messages: list[msgspec.Raw]


class Retry(msgspec.Struct):
    """Rows to make pending again; null means every dead letter."""

    seqs: list[Seq] | None


class Discard(msgspec.Struct):
    """Rows to give up, and why."""

    seqs: list[Seq]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Control:
    """The handlers of `POST /outbox/…`; each answers with the numbers it changed."""

    def __init__(self, outbox: Outbox, holder: Holder) -> None:
        self._outbox = outbox
        self._guard = control_guard(holder)

    async def append(self, request: web.Request) -> web.Response:
        """Commit messages of `tpcapital import`."""

        async def act(body: Append) -> dict[str, int]:
            messages = list(_messages(body.messages))
            return (await self._outbox.append(messages, body.source))._asdict()

        return await self._guard.answer(request, Append, act)

    async def retry(self, request: web.Request) -> web.Response:
        """Make dead letters or discarded rows pending again."""

        async def act(body: Retry) -> dict[str, int]:
            return {"changed": await self._outbox.retry(body.seqs)}

        return await self._guard.answer(request, Retry, act)

    async def discard(self, request: web.Request) -> web.Response:
        """Give rows up, with a reason."""

        async def act(body: Discard) -> dict[str, int]:
            return {"changed": await self._outbox.discard(body.seqs, body.reason)}

        return await self._guard.answer(request, Discard, act)

    async def vacuum(self, request: web.Request) -> web.Response:
        """Give free pages back to the file system."""

        async def act(_body: dict[str, Any]) -> dict[str, int]:
            before = self._outbox.size_bytes()
            await self._outbox.vacuum()
            return {"before_bytes": before, "after_bytes": self._outbox.size_bytes()}

        return await self._guard.answer(request, dict[str, Any], act)


def _messages(items: list[msgspec.Raw]) -> Iterator[Message]:
    """Each message, if the API would take it; a row that it never takes is not made."""
    for index, item in enumerate(items):
        try:
            yield decode_message(bytes(item))
        except ContractError as error:
            path = f"$.messages[{index}]{error.path[1:]}"
            raise ContractError(path, error.reason) from None
