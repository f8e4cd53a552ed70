"""What the command line asks of the running gateway, which alone writes to the outbox.

Guarded by the token in the lock file (mode 0600): who can read that file owns the outbox anyway.
"""

import hmac
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any

import msgspec
from aiohttp import web

from contracts.errors import ContractError
from contracts.message import INT64_MAX, Message, Word
from contracts.problem import CONTENT_TYPE, INVALID, UNAUTHORIZED, ProblemType
from contracts.wire import decode_message, encode
from gateway_outbox.outbox import Outbox
from gateway_outbox.outbox_lock import Holder

CONTROL_HEADER = "X-Control-Token"
MAX_BODY_BYTES = 32 * 1024 * 1024

Seq = Annotated[int, msgspec.Meta(ge=1, le=INT64_MAX)]


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
        self._token = holder.control_token.encode()

    async def append(self, request: web.Request) -> web.Response:
        """Commit messages of `tpcapital import`."""

        async def act(body: Append) -> dict[str, int]:
            messages = list(_messages(body.messages))
            return (await self._outbox.append(messages, body.source))._asdict()

        return await self._act(request, Append, act)

    async def retry(self, request: web.Request) -> web.Response:
        """Make dead letters or discarded rows pending again."""

        async def act(body: Retry) -> dict[str, int]:
            return {"changed": await self._outbox.retry(body.seqs)}

        return await self._act(request, Retry, act)

    async def discard(self, request: web.Request) -> web.Response:
        """Give rows up, with a reason."""

        async def act(body: Discard) -> dict[str, int]:
            return {"changed": await self._outbox.discard(body.seqs, body.reason)}

        return await self._act(request, Discard, act)

    async def vacuum(self, request: web.Request) -> web.Response:
        """Give free pages back to the file system."""

        async def act(_body: dict[str, Any]) -> dict[str, int]:
            before = self._outbox.size_bytes()
            await self._outbox.vacuum()
            return {"before_bytes": before, "after_bytes": self._outbox.size_bytes()}

        return await self._act(request, dict[str, Any], act)

    async def _act(
        self, request: web.Request, kind: Any, act: Callable[[Any], Awaitable[dict[str, int]]]
    ) -> web.Response:
        if not hmac.compare_digest(request.headers.get(CONTROL_HEADER, "").encode(), self._token):
            return _refuse(UNAUTHORIZED, f"{CONTROL_HEADER} is not the token in the lock file")
        try:
            body = msgspec.json.decode(await request.read(), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _refuse(INVALID, str(error))
        try:
            return web.json_response(await act(body))
        except ContractError as error:
            return _refuse(INVALID, str(error))


def _messages(items: list[msgspec.Raw]) -> Iterator[Message]:
    """Each message, if the API would take it; a row that it never takes is not made."""
    for index, item in enumerate(items):
        try:
            yield decode_message(bytes(item))
        except ContractError as error:
            path = f"$.messages[{index}]{error.path[1:]}"
            raise ContractError(path, error.reason) from None


def _refuse(kind: ProblemType, detail: str) -> web.Response:
    body = encode(kind.problem(detail))
    return web.Response(status=kind.status, body=body, content_type=CONTENT_TYPE)
