"""The API's port, asked as no client of ours asks."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import anyio
import pytest
from hypercorn.asyncio import serve
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from contracts.canary import CANARY_PATH
from contracts.wire import TOKEN_HEADER
from ingest_api import form
from ingest_api.answer import ProblemError, send_json
from ingest_api.listener import listen, server_config, unread_is_no_error
from tests.api_process import ApiProcess
from tests.postgres import TOKEN
from tests.raw_requests import ANSWERED, REFUSED, exchange, post, status


def ask(api: ApiProcess, raw: bytes, *, to_end: bool) -> bytes:
    """The answer to these bytes."""
    request = raw.replace(b"%s", post("/ingest", TOKEN_HEADER, TOKEN), 1)
    return exchange(int(api.url.rpartition(":")[2]), request, to_end=to_end)


def test_malformed_requests_are_refused_and_their_connection_closed(api: ApiProcess) -> None:
    """What follows is never a request, and none is an error in the log, which would tell it."""
    for name, request in REFUSED:
        answer = ask(api, request + b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", to_end=True)
        assert 400 <= status(answer) <= 501, name
        assert status(answer) != 500, name
        assert b" 200 " not in answer, name
    assert '"level":"error"' not in api.text
    assert TOKEN not in api.text


def test_nobody_else_s_address_leads_here(api: ApiProcess) -> None:
    """Where HOST is not set it listens on 127.0.0.1, not on every address that this host has."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", int(api.url.rpartition(":")[2])), timeout=5)


def test_the_page_and_the_stream_carry_the_headers(api: ApiProcess) -> None:
    """Each file of the page, and events; an answer of the server's own has no body to guard."""
    for path in ("/", "/signals/stream", "/openapi.json", "/signals.csv", "/telegram-images/x"):
        lines = b"Host: localhost\r\nAccept: text/html\r\n\r\n"
        answer = ask(api, b"GET %b HTTP/1.1\r\n" % path.encode() + lines, to_end=False).lower()
        assert b"content-security-policy: default-src 'none'" in answer, path
        assert b"x-content-type-options: nosniff" in answer, path
    page = ask(api, b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n", to_end=False)
    for file in set(re.findall(rb"/page/[^\"']+", page)):
        answer = ask(api, b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % file, to_end=False).lower()
        assert b"content-security-policy: default-src 'none'" in answer, file
        assert b"x-content-type-options: nosniff" in answer, file


def test_odd_requests_are_answered(api: ApiProcess) -> None:
    """Below 500, without an error in the log, and nobody's headers come back."""
    for name, request in ANSWERED:
        answer = ask(api, request, to_end=False)
        assert 200 <= status(answer) < 500, name
        assert b"X-Private" not in answer
    assert '"level":"error"' not in api.text


@pytest.mark.parametrize("path", ["/ingest", "/ingest/batch", CANARY_PATH, "/gateway/status"])
def test_a_token_is_compared_as_bytes(api: ApiProcess, path: str) -> None:
    """Any bytes are the same 401; none is an error of the server's."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n".encode()
    for token in (b"\xff\xfe", b"\xe9", "ж".encode(), b"", b" ", b"x" * 8000, TOKEN[:-1].encode()):
        lines = b"X-Gateway-Token: %b\r\n\r\n" % token
        assert status(ask(api, head + lines, to_end=False)) == 401, token[:9]


@pytest.mark.parametrize("path", ["/ingest", "/ingest/batch", CANARY_PATH, "/gateway/status"])
def test_a_bomb_of_json_is_refused(api: ApiProcess, path: str) -> None:
    """400, or 413, for one that has the token."""
    lists, objects = b"[" * 60_000, b'{"a":' * 20_000
    for bomb in (lists, objects, b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":"\xff"}', b"9" * 60_000):
        head = post(path, TOKEN_HEADER, TOKEN) + b"Content-Length: %d\r\n\r\n" % len(bomb)
        assert status(ask(api, head + bomb, to_end=False)) in {400, 413}, bomb[:12]


def test_a_bomb_of_json_is_refused_where_anyone_may_write(api: ApiProcess) -> None:
    """400 for each body that the routes of the Dashboard read."""
    for bomb in (b"[" * 60_000, b'{"a":' * 10_000, b'{"name":NaN}', b'{"name":"\\ud800"}', b"\xff"):
        head = post("/telegram-channels", "X", "y") + b"Content-Length: %d\r\n\r\n" % len(bomb)
        assert status(ask(api, head + bomb, to_end=False)) == 400, bomb[:12]


async def test_a_name_turned_to_us_reads_and_writes_nothing(client: aiohttp.ClientSession) -> None:
    """421 with what to set; the gateway, which has a token, and probes may use any name."""
    turned = {"Host": "stranger.example:4005"}
    for method, path in (
        *(("GET", path) for path in ("/", "/signals", "/logs", "/signals/stream", "/signals.csv")),
        *(("POST", path) for path in ("/full-scan", "/clean-signals", "/telegram-channels")),
    ):
        async with client.request(method, path, headers=turned) as answer:
            problem = await answer.json(content_type=None)
            assert (answer.status, problem["error"]) == (421, "Misdirected request")
            assert "ALLOWED_HOSTS" in problem["detail"]
    for path in ("/livez", "/health", "/metrics"):
        async with client.get(path, headers=turned) as answer:
            assert answer.status == 200
    async with client.post("/ingest", headers=turned) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:4005", "localhost:4005", "[::1]", "api:4005", "signals.local", "x.localhost"],
)
async def test_private_names_are_ours(client: aiohttp.ClientSession, host: str) -> None:
    """Addresses, names without a dot, and names that nobody can register."""
    async with client.get("/signals", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:3103"}, 200),
        ({"Origin": "http://127.0.0.1:4005", "Host": "127.0.0.1:4005"}, 200),
        ({"Origin": "https://stranger.example", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost:3103", "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://stranger.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:81", "Host": "127.0.0.1:4005"}, 403),
        ({"Origin": "http://localhost.stranger.example:3103"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:81"}, 403),
    ],
)
async def test_a_strangers_form_writes_nothing(
    client: aiohttp.ClientSession, headers: dict[str, str], expected: int
) -> None:
    """A browser asks nobody before it sends a form; programs and our own pages may write."""
    async with client.post("/full-scan", data={"a": "b"}, headers=headers) as answer:
        assert answer.status == expected


async def _answer(scope: Scope, _receive: Receive, send: Send) -> None:
    if scope["path"] == "/endless":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"." * 65536, "more_body": True})
    await send_json(send, b"{}")


@pytest.fixture
async def impatient() -> AsyncIterator[int]:
    """The port of a server as ours is set up, with bounds of tenths of seconds."""
    asyncio.get_running_loop().set_exception_handler(unread_is_no_error)
    stop = anyio.Event()
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
        port = listener.getsockname()[1]
        config = server_config(listener)
        assert config.keep_alive_timeout == 75
        config.keep_alive_timeout = 0.3
        async with anyio.create_task_group() as tasks:
            app: Any = _answer  # ASGI in Starlette's words and in Hypercorn's
            tasks.start_soon(lambda: serve(app, config, shutdown_trigger=stop.wait))
            yield port
            stop.set()


async def test_a_head_that_does_not_end(impatient: int) -> None:
    """Each byte in time, the whole not: the connection ends."""
    async with await anyio.connect_tcp("127.0.0.1", impatient) as client:
        await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        with anyio.fail_after(10), suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                await client.send(b"X")
                with anyio.move_on_after(0.05):
                    await client.receive()


async def test_a_client_that_does_not_read(impatient: int) -> None:
    """An answer that nobody takes is given up, and with it the connection."""
    async with await anyio.connect_tcp("127.0.0.1", impatient) as client:
        await client.send(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        with anyio.fail_after(30), suppress(anyio.BrokenResourceError):
            while True:
                await client.send(b"X")
                await anyio.sleep(0.05)


async def test_a_body_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """408 for a write whose body stops in the middle; the message routes have their own bound."""
    assert form.MAX_SECONDS < 10
    monkeypatch.setattr(form, "MAX_SECONDS", 0.05)
    parts: list[Message] = [{"type": "http.request", "body": b'{"label"', "more_body": True}]

    async def receive() -> Message:
        if not parts:
            await anyio.sleep_forever()
        return parts.pop()

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    with pytest.raises(ProblemError, match="did not arrive") as caught:
        await form.fields(Request(scope, receive))
    assert (caught.value.kind.status, caught.value.headers) == (408, {"connection": "close"})
