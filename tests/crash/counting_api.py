"""An API that only counts, as fast as it can: what a large backlog is drained into.

`python -m tests.crash.counting_api`; `GET /seen` tells how many different rows have come.
"""

import json
import sys
from functools import cache

import anyio
import msgspec
from aiohttp import web

from contracts import wire
from contracts.wire import Accepted, BatchAccepted, ItemResult


class _Row(msgspec.Struct):
    sequence: int


class _Batch(msgspec.Struct):
    messages: list[_Row]


class Counter:
    """The handlers and the sequence numbers seen."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    async def batch(self, request: web.Request) -> web.Response:
        """`POST /ingest/batch`: all are new."""
        rows = msgspec.json.decode(await request.read(), type=_Batch).messages
        self._seen.update(row.sequence for row in rows)
        return _json(_answer(len(rows)))

    async def single(self, request: web.Request) -> web.Response:
        """`POST /ingest`."""
        self._seen.add(msgspec.json.decode(await request.read(), type=_Row).sequence)
        accepted = Accepted(
            status="ok",
            success=True,
            message_id=1,
            stored=True,
            outcome="created",
            revision=1,
            kind="not_a_signal",
            signal=None,
        )
        return _json(wire.encode(accepted))

    async def seen(self, _request: web.Request) -> web.Response:
        """How many different rows."""
        return _json(b"%d" % len(self._seen))


@cache
def _answer(rows: int) -> bytes:
    results = [ItemResult(index=index, outcome="created", stored=True) for index in range(rows)]
    return wire.encode(BatchAccepted(received=rows, results=results))


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


async def _serve() -> None:
    counter = Counter()
    app = web.Application(client_max_size=wire.MAX_BATCH_BYTES * 2)
    app.router.add_post("/ingest", counter.single)
    app.router.add_post("/ingest/batch", counter.batch)
    app.router.add_get("/seen", counter.seen)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    sys.stderr.write(json.dumps({"action": "service.ready", "port": port}) + "\n")
    sys.stderr.flush()
    await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(_serve)
