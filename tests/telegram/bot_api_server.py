"""A Bot API server that answers by a script, on a real socket, with the real one's semantics.

What it promises is what tdlib's telegram-bot-api does (Client.cpp, TQueue.cpp): only a later call
with a higher offset confirms, and it forgets what is below; an answer that was sent confirms
nothing. Without an offset it starts at the oldest that is unconfirmed.
"""

import json
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Any, NamedTuple

import anyio
from aiohttp import web

TOKEN = "123456789:AAF-scripted_server_token_of_a_test"
RETENTION_SECONDS = 86_400
FIRST_UPDATE = 1000
_AGAIN_SECONDS = 0.5
_SOON_SECONDS = 3.0
_MAX_WAIT = 50
_MAX_AHEAD = 10
_MAX_LIMIT = 100
_HEAD = {"content-type": "application/json"}


class Fault(Enum):
    """What goes wrong with the next call."""

    CONFLICT = auto()
    UNAUTHORIZED = auto()
    NOT_FOUND = auto()
    FLOOD = auto()
    BAD_GATEWAY = auto()
    NO_DESCRIPTION = auto()  # 500 in JSON, without the field that aiogram looks into
    GARBAGE = auto()
    NO_TEXT = auto()  # bytes that are no UTF-8
    WRONG_SHAPE = auto()  # JSON of another kind
    DROP = auto()  # the connection ends before anything is done
    LOSE_ANSWER = auto()  # it ends after everything is done
    HANG = auto()  # no answer, ever


class Call(NamedTuple):
    """A request: its method and parameters as they came."""

    method: str
    given: dict[str, str]


class Queued(NamedTuple):
    """An update that waits, and the end of its life, seconds since 1970."""

    update: dict[str, Any]
    until: float


_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the"
    " webhook first"
)
_OTHER_POLLER = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
    " running"
)
_ANSWERS: dict[Fault, tuple[int, bytes]] = {
    Fault.BAD_GATEWAY: (502, b"<html><h1>502 Bad Gateway</h1></html>"),
    Fault.NO_DESCRIPTION: (500, b'{"ok":false}'),
    Fault.GARBAGE: (200, b'{"ok":true,"result":[{"upd'),
    Fault.NO_TEXT: (200, b"\xff\xfe\xfa"),
    Fault.WRONG_SHAPE: (200, b'{"ok":true,"result":{"a":1}}'),
}
_ERRORS: dict[Fault, tuple[int, str]] = {
    Fault.CONFLICT: (409, _OTHER_POLLER),
    Fault.UNAUTHORIZED: (401, "Unauthorized"),
    Fault.NOT_FOUND: (404, "Not Found"),
    Fault.FLOOD: (429, "Too Many Requests: retry after"),
}


class BotApiServer:
    """`calls` holds every request, `confirmed` what was forgotten by a confirmation, in order.

    `faults` are for the next calls of getUpdates, `choose` for each that has none. `violations`
    are things that a careful client never does. `ahead` moves the clock of retention.
    """

    def __init__(self) -> None:
        self.port = 0
        self.calls: list[Call] = []
        self.confirmed: list[int] = []
        self.served: Counter[int] = Counter()
        self.violations: list[str] = []
        self.faults: deque[Fault] = deque()
        self.choose: Callable[[], Fault | None] = lambda: None
        self.faulted: Counter[Fault] = Counter()
        self.retry_after = 1
        self.webhook = ""
        self.ahead = 0.0
        self.waiting = 0
        self._queue: list[Queued] = []
        self._next = FIRST_UPDATE
        self._allowed: list[str] | None = None
        self._changed = anyio.Event()
        self._polls = 0
        self._last_offset: tuple[int, float] = (0, 0.0)
        self._closing = False

    @property
    def base(self) -> str:
        """The value for TELEGRAM_BOT_API_BASE."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def unconfirmed(self) -> list[int]:
        """The ids of the updates that a next call could still get."""
        self._forget_old()
        return [each.update["update_id"] for each in self._queue]

    def offsets(self) -> list[int | None]:
        """The offsets of all calls of getUpdates, None where there was none."""
        given = [call.given for call in self.calls if call.method == "getUpdates"]
        return [int(each["offset"]) if "offset" in each else None for each in given]

    def publish(self, kind: str, body: dict[str, Any], *, date: float | None = None) -> int | None:
        """Queue an update now; returns its id, or None when the bot asked for other kinds.

        `date` (now by default) is the message's date as far as retention is concerned.
        """
        if self._allowed and kind not in self._allowed:
            return None
        number, self._next = self._next, self._next + 1
        until = (self._now() if date is None else date) + RETENTION_SECONDS
        if until > self._now():
            self._queue.append(Queued({"update_id": number, kind: body}, until))
            self._wake()
        return number

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closing = True
        self._wake()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any method of any bot."""
        method = request.match_info["method"]
        given = {name: str(value) for name, value in (await request.post()).items()}
        if request.match_info["token"] != TOKEN:
            return _error(401, "Unauthorized")
        self.calls.append(Call(method, given))
        fault = self._fault(method)
        if fault is not None:
            self.faulted[fault] += 1
        if fault is None or fault is Fault.LOSE_ANSWER:
            answer = await self._do(method, given)
            return answer if fault is None else _dropped(request)
        if fault is Fault.HANG:
            while not self._closing:
                await self._changed.wait()
        if fault in (Fault.DROP, Fault.HANG):
            return _dropped(request)
        return self._refusal(fault)

    def _fault(self, method: str) -> Fault | None:
        if method != "getUpdates":
            return None
        return self.faults.popleft() if self.faults else self.choose()

    def _refusal(self, fault: Fault) -> web.Response:
        if fault in _ANSWERS:
            status, body = _ANSWERS[fault]
            return web.Response(status=status, body=body, headers=_HEAD)
        status, words = _ERRORS[fault]
        if fault is Fault.FLOOD:
            return _error(status, f"{words} {self.retry_after}", retry_after=self.retry_after)
        return _error(status, words)

    async def _do(self, method: str, given: dict[str, str]) -> web.Response:
        if method == "getUpdates":
            return await self._get_updates(given)
        if method == "getMe":
            return _result({"id": 123456789, "is_bot": True, "username": "mesa_bot"})
        if method == "getWebhookInfo":
            return _result({"url": self.webhook, "pending_update_count": len(self._queue)})
        if method == "deleteWebhook":
            if given.get("drop_pending_updates", "false").lower() != "false":
                self.violations.append("deleteWebhook drops what is pending")
            self.webhook = ""
            return _result(content=True)
        return _error(404, "Not Found: method not found")

    async def _get_updates(self, given: dict[str, str]) -> web.Response:
        if self.webhook:
            return _error(409, _WEBHOOK)
        if "allowed_updates" in given:
            self._allowed = json.loads(given["allowed_updates"])
        else:
            self.violations.append("getUpdates without allowed_updates")
        limit, seconds = self._limits(given)
        self._confirm(int(given.get("offset", "0")))
        self._polls += 1
        poll = self._polls
        self._wake()  # the poll that waits now is the older one
        with anyio.move_on_after(seconds):
            self.waiting += 1
            while not (self.unconfirmed or self._closing or self._polls != poll):
                await self._changed.wait()
        self.waiting -= 1
        if self._polls != poll:
            return _error(*_ERRORS[Fault.CONFLICT])
        batch = [each.update for each in self._queue[:limit]]
        self.served.update(update["update_id"] for update in batch)
        return _result(batch)

    def _limits(self, given: dict[str, str]) -> tuple[int, float]:
        """How many, and how long to wait: who asks the same again and again gets less of it."""
        limit = min(int(given.get("limit", "100")) or _MAX_LIMIT, _MAX_LIMIT)
        seconds: float = min(int(given.get("timeout", "0")), _MAX_WAIT)
        offset, now = int(given.get("offset", "0")), time.monotonic()
        before, at = self._last_offset
        self._last_offset = (offset, now)
        if offset == before and now - at < _AGAIN_SECONDS:
            limit = 1
        if offset == before and now - at < _SOON_SECONDS:
            seconds = max(seconds, _SOON_SECONDS)
        return limit, seconds

    def _confirm(self, offset: int) -> None:
        self._forget_old()
        if offset < 0:
            self.violations.append(f"getUpdates with offset {offset} drops what is pending")
            self._queue = self._queue[offset:]
            return
        if offset > self._next - 1 + _MAX_AHEAD:
            return  # taken for a number from before a long silence
        gone = [each.update["update_id"] for each in self._queue]
        gone = [number for number in gone if number < offset]
        self.confirmed += gone
        self._queue = self._queue[len(gone) :]

    def _forget_old(self) -> None:
        self._queue = [each for each in self._queue if each.until > self._now()]

    def _now(self) -> float:
        return time.time() + self.ahead

    def _wake(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()


@asynccontextmanager
async def bot_api_server() -> AsyncIterator[BotApiServer]:
    """A server that listens, and nobody waits on when the block ends."""
    server = BotApiServer()
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.port = runner.addresses[0][1]
        yield server
    finally:
        server.close()
        await runner.cleanup()


def _result(content: Any) -> web.Response:
    body = json.dumps({"ok": True, "result": content})
    return web.Response(text=body, headers=_HEAD)


def _error(status: int, description: str, **parameters: int) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return web.Response(status=status, text=json.dumps(body), headers=_HEAD)


def _dropped(request: web.Request) -> web.Response:
    """End the connection; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
