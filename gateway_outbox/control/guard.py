"""What stands before a request that changes something: a token, a typed body, plain refusals."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from contracts.errors import UNREADABLE, ContractError, unreadable
from contracts.problem import (
    CONTENT_TYPE,
    INVALID,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)
from contracts.secret import Secret
from contracts.wire import encode

NOT_CONNECTED = ProblemType("not-connected", 503, "Telegram is not connected")

Answer = Mapping[str, Any]


class RefusedError(Exception):
    """A request that is understood and not done: the kind of problem, and a sentence."""

    def __init__(self, kind: ProblemType, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Guard:
    """Compares a header with a token in constant time; `whose` tells in a refusal what it is."""

    def __init__(self, header: str, token: Secret, whose: str) -> None:
        self._header = header
        self._token = _digest(token.reveal())
        self._whose = whose

    async def answer(
        self, request: web.Request, kind: Any, act: Callable[[Any], Awaitable[Answer]]
    ) -> web.Response:
        """JSON of what `act` makes of the body decoded as `kind`, or a problem."""
        sent = request.headers.getall(self._header, [])
        if not hmac.compare_digest(_digest(sent[0] if len(sent) == 1 else ""), self._token):
            return refuse(UNAUTHORIZED, f"{self._header} is not {self._whose}")
        if "Content-Encoding" in request.headers:
            return refuse(UNSUPPORTED_MEDIA_TYPE, "send the body as it is, not compressed")
        try:
            body = msgspec.json.decode(await request.read() or b"{}", type=kind)
        except UNREADABLE as error:
            return refuse(INVALID, str(unreadable(error)))
        try:
            return web.json_response(await act(body))
        except ContractError as error:
            return refuse(INVALID, str(error))
        except RefusedError as error:
            return refuse(error.kind, str(error))


def _digest(token: str) -> bytes:
    """Of the bytes as they came: a header may hold any, and half characters stand for them here."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


def refuse(kind: ProblemType, detail: str) -> web.Response:
    """A problem as an answer."""
    body = encode(kind.problem(detail))
    return web.Response(status=kind.status, body=body, content_type=CONTENT_TYPE)
