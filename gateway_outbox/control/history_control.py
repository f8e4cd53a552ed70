"""What the command line asks of the running gateway about history."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import anyio
import msgspec
from aiohttp import web

from contracts.message import INT64_MAX
from gateway_outbox.control.channel_control import ChannelId, OfChannel
from gateway_outbox.control.control import control_guard
from gateway_outbox.control.guard import NOT_CONNECTED, RefusedError
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.outbox.outbox_lock import Holder
from gateway_outbox.user import backfill_queue
from gateway_outbox.user.history_desk import HistoryDesk, HistoryError

ANSWER_SECONDS = 60.0
_CHUNK = 100

Id = Annotated[int, msgspec.Meta(ge=1, le=INT64_MAX)]


class Start(msgspec.Struct):
    """A channel's history from a time or an id on; from its beginning without either."""

    channel_id: ChannelId
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    from_id: Id | None = None
    dry_run: bool = False


class Check(msgspec.Struct):
    """A stretch of a channel to compare, from an id on; from the oldest that is stored without."""

    channel_id: ChannelId
    from_id: Id | None = None
    fill: bool = False


class HistoryControl:
    """The handlers of `POST /backfill/…` and `POST /channels/check`."""

    def __init__(self, outbox: Outbox, desk: HistoryDesk, holder: Holder) -> None:
        self._outbox = outbox
        self._desk = desk
        self._guard = control_guard(holder)

    async def start(self, request: web.Request) -> web.Response:
        """Begin to read a channel's history, or tell with `dry_run` what that would be."""
        return await self._guard.answer(request, Start, self._start)

    async def status(self, request: web.Request) -> web.Response:
        """How far a channel's history is read."""

        async def act(body: OfChannel) -> dict[str, Any]:
            found = await backfill_queue.of_channel(self._outbox, body.channel_id)
            connected = self._desk.reader is not None
            return {"connected": connected, "backfill": found and found.document()}

        return await self._guard.answer(request, OfChannel, act)

    async def check(self, request: web.Request) -> web.Response:
        """Compare a stretch of a channel with what is stored, and store what is missing."""

        async def act(body: Check) -> dict[str, Any]:
            with _limited():
                reader = self._desk.connected()
                found = await reader.compare(body.channel_id, body.from_id, fill=body.fill)
            return found._asdict()

        return await self._guard.answer(request, Check, act)

    async def _start(self, body: Start) -> dict[str, Any]:
        with _limited():
            reader = self._desk.connected()
            last_id = await reader.top(body.channel_id)
            first_id = body.from_id or 1
            if body.since is not None:
                first_id = await reader.first_since(body.channel_id, body.since)
        most = max(0, last_id - first_id + 1)
        stored = await self._outbox.read("stored_between", (body.channel_id, first_id - 1, last_id))
        is_new = False
        if most and not body.dry_run:
            is_new = await backfill_queue.begin(self._outbox, body.channel_id, first_id, last_id)
            self._desk.wake()
        return {
            "started": is_new,
            "first_id": first_id,
            "last_id": last_id,
            "most_messages": most,
            "stored": len(stored),
            "seconds": float(math.ceil(most / _CHUNK)),
        }


@contextmanager
def _limited() -> Iterator[None]:
    """Ends a block after ANSWER_SECONDS, and turns its trouble into a refusal."""
    try:
        with anyio.fail_after(ANSWER_SECONDS):
            yield
    except TimeoutError:
        reason = f"Telegram did not answer within {ANSWER_SECONDS:.0f} s; GET /health tells why"
        raise RefusedError(NOT_CONNECTED, reason) from None
    except HistoryError as error:
        raise RefusedError(NOT_CONNECTED, str(error)) from error
