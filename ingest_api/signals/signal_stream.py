"""GET /signals/stream: signals as they change, as server-sent events."""

import re
from contextlib import suppress

import anyio
import anyio.lowlevel
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from contracts import problem
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.life import Life
from ingest_api.request.answer import retry_later
from ingest_api.signals.feed_place import Place
from ingest_api.signals.signal_feed import Event, SignalFeed

HEARTBEAT_SECONDS = 15.0
MAX_LISTENERS = 5000
_GATHERED_BYTES = 64 * 1024
_RETRY_MILLISECONDS = 2000
_PLACE = re.compile(r"([0-9]{1,18})\.(-?[0-9]{1,18})")
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # a proxy that gathers would hold events back
]


class SignalStream:
    """The endpoint, an ASGI application.

    Each event is a signal as GET /signals shows it, withdrawn ones too; a signal may come twice.
    The first event, `ready`, carries no signal but a place to resume at.
    """

    def __init__(self, feed: SignalFeed, life: Life) -> None:
        self._feed = feed
        self._life = life

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until the client goes or the service stops. Raises ProblemError 503."""
        self._ensure_room()
        await self._feed.started()
        scope["tpcapital.is_stream"] = True
        with self._feed.follow() as events:
            left_at = _place(scope)
            ready = _ready(left_at or self._feed.place)
            await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS]})
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_when_gone, receive, tasks.cancel_scope)
                await _write(send, b"retry: %d\n" % _RETRY_MILLISECONDS + ready)
                # Without the database the stream ends; the client comes back with its place.
                with suppress(DatabaseUnavailableError):
                    # One that is new follows already: it has missed nothing, and asks nothing.
                    if left_at:
                        async for page in self._feed.since(left_at):
                            await _write(send, b"".join(map(_lines, page)))
                    await _pass_on(events, send)
                tasks.cancel_scope.cancel()
            await send({"type": "http.response.body", "body": b""})

    def _ensure_room(self) -> None:
        """Raise ProblemError 503 when nobody more can listen now."""
        if self._life.draining:
            raise retry_later(
                problem.DRAINING, "this server is stopping; connect again", close=True
            )
        if not self._life.migrated:
            detail = "the database is not ready yet; connect again soon"
            raise retry_later(problem.DATABASE_DOWN, detail)
        if self._feed.listeners >= MAX_LISTENERS:
            detail = f"{MAX_LISTENERS} clients listen already; connect again later"
            raise retry_later(problem.OVERLOADED, detail)


async def _pass_on(events: MemoryObjectReceiveStream[Event], send: Send) -> None:
    """Until the feed ends the stream; what has gathered goes out together."""
    while True:
        lines = b": still here\n\n"
        with anyio.move_on_after(HEARTBEAT_SECONDS):
            try:
                lines = _lines(await events.receive())
            except anyio.EndOfStream:
                return
        with suppress(anyio.WouldBlock, anyio.EndOfStream):
            while len(lines) < _GATHERED_BYTES:
                lines += _lines(events.receive_nowait())
        await _write(send, lines)


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await anyio.lowlevel.checkpoint()  # for the news that the client is gone


def _place(scope: Scope) -> Place | None:
    """Where the client stands, as it says in Last-Event-ID."""
    sent = _PLACE.fullmatch(Headers(scope=scope).get("last-event-id", ""))
    return Place(int(sent[1]), int(sent[2])) if sent else None


def _ready(place: Place) -> bytes:
    return b"event: ready\nid: %d.%d\ndata: {}\n\n" % place


def _lines(event: Event) -> bytes:
    return b"event: signal\nid: %d.%d\ndata: %b\n\n" % (*event.place, event.data)
