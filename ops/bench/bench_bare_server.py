"""A server that answers as the ingest API does and does none of its work: the floor under it.

`python -m ops.bench.bench_bare_server` listens at PORT, on the API's own HTTP server and settings.
"""

import os

import anyio
from hypercorn.asyncio import serve
from starlette.types import Receive, Scope, Send

from contracts import wire
from contracts.wire import Accepted, BatchAccepted, ItemResult
from ingest_api.listener import listen, server_config

_JSON = [(b"content-type", b"application/json")]
_ITEM = b'"messageId":'
_ONE = wire.encode(
    Accepted(
        status="ok",
        success=True,
        message_id=1,
        stored=True,
        outcome="created",
        revision=1,
        kind="not_a_signal",
        signal=None,
    )
)
_batches: dict[int, bytes] = {}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, say that all of it is stored."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
    answer = _batch(body.count(_ITEM)) if scope["path"] == wire.BATCH_PATH else _ONE
    headers = [*_JSON, (b"content-length", str(len(answer)).encode())]
    await send(
        {"type": "http.response.start", "status": 200, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": answer, "more_body": False})


def _batch(size: int) -> bytes:
    """The same answer for each batch of this size."""
    if size not in _batches:
        results = [
            ItemResult(index=index, outcome="created", stored=True, revision=1, kind="not_a_signal")
            for index in range(size)
        ]
        _batches[size] = wire.encode(BatchAccepted(received=size, results=results))
    return _batches[size]


async def _run() -> None:
    with listen("127.0.0.1", int(os.environ["PORT"])) as listener:
        await serve(application, server_config(listener))  # type: ignore[arg-type]  # one ASGI, two words


if __name__ == "__main__":
    anyio.run(_run)
