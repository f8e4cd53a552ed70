"""An HTTP destination that answers by a script, on a real socket: what the relay is tested against.

With no script it behaves as the ingest API: each message is stored once, in the order of arrival.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import anyio
import msgspec
from aiohttp import web

from contracts import wire
from contracts.canary import CANARY_PATH, Canary, CanaryStored
from contracts.message import Key, Message
from contracts.wire import Accepted, BatchAccepted, ItemResult

Script = Callable[["ScriptedApi", list[Message]], web.StreamResponse | None]


class ScriptedApi:
    """`requests` holds every message of every request; `stored` the first arrival of each.

    A request with a message of a channel in `held` is answered when the event there is set.
    """

    def __init__(self) -> None:
        self.requests: list[list[Message]] = []
        self.headers: list[dict[str, str]] = []
        self.stored: dict[tuple[Key, str], Message] = {}
        self.script: Script = lambda _api, _messages: None
        self.held: dict[int, anyio.Event] = {}
        self.port = 0
        self.canaries: list[Canary] = []
        self.canary_status = 200

    @property
    def url(self) -> str:
        """The value for API_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}/ingest"

    @property
    def texts(self) -> list[str]:
        """The stored texts in the order of their first arrival."""
        return [text for _, text in self.stored]

    async def single(self, request: web.Request) -> web.StreamResponse:
        """`POST /ingest`."""
        message = wire.decode_message(await request.read())
        if refused := await self._answer(request, [message]):
            return refused
        result = self._store(0, message)
        accepted = Accepted(
            status="ok",
            success=True,
            message_id=message.message_id,
            stored=result.stored,
            outcome=result.outcome,
            revision=1,
            kind="not_a_signal",
            signal=None,
        )
        return _json(accepted)

    async def batch(self, request: web.Request) -> web.StreamResponse:
        """`POST /ingest/batch`."""
        items = wire.decode_batch(await request.read())
        messages = [item for item in items if isinstance(item, Message)]
        assert len(messages) == len(items)
        if refused := await self._answer(request, messages):
            return refused
        results = [self._store(index, message) for index, message in enumerate(messages)]
        return _json(BatchAccepted(received=len(items), results=results))

    async def canary(self, request: web.Request) -> web.StreamResponse:
        """`POST /ingest/canary`."""
        canary = msgspec.json.decode(await request.read(), type=Canary)
        self.canaries.append(canary)
        if self.canary_status != HTTPStatus.OK:
            return status(self.canary_status)
        return _json(CanaryStored(number=canary.number, stored_at=canary.sent_at))

    async def _answer(
        self, request: web.Request, messages: list[Message]
    ) -> web.StreamResponse | None:
        self.requests.append(messages)
        self.headers.append(dict(request.headers))
        for channel in {message.channel_id for message in messages} & self.held.keys():
            await self.held[channel].wait()
        return self.script(self, messages)

    def _store(self, index: int, message: Message) -> ItemResult:
        known = (message.key, message.text) in self.stored
        self.stored.setdefault((message.key, message.text), message)
        return ItemResult(
            index=index, outcome="unchanged" if known else "created", stored=not known
        )


def status(code: int, **headers: str) -> web.Response:
    """A bare answer with a status."""
    return web.Response(status=code, headers={k.replace("_", "-"): v for k, v in headers.items()})


def _json(body: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


@asynccontextmanager
async def scripted_api(port: int = 0) -> AsyncIterator[ScriptedApi]:
    """A destination that listens for the length of the block."""
    api = ScriptedApi()
    app = web.Application(client_max_size=wire.MAX_BATCH_BYTES * 2)
    app.router.add_post("/ingest", api.single)
    app.router.add_post("/ingest/batch", api.batch)
    app.router.add_post(CANARY_PATH, api.canary)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        api.port = runner.addresses[0][1]
        yield api
    finally:
        await runner.cleanup()
