"""The gateway's port, asked as no client of ours asks."""

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import anyio
import pytest
from anyio import to_thread

from gateway_outbox import web
from gateway_outbox.control import CONTROL_HEADER
from gateway_outbox.web import ROUTES
from tests.gateway_outbox.conftest import Site
from tests.raw_requests import ANSWERED, REFUSED, exchange, post, status

POSTS = [route.path for route in ROUTES if route.method == "POST"]


async def ask(site: Site, raw: bytes, *, to_end: bool) -> bytes:
    """The answer to these bytes, from a thread: the server runs in this loop."""
    head = post("/outbox/retry", CONTROL_HEADER, site.token)
    request = raw.replace(b"%s", head, 1)
    return await to_thread.run_sync(lambda: exchange(site.port, request, to_end=to_end))


async def test_malformed_requests_are_refused_and_their_connection_closed(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """What follows is never a request, and none is an error in the log, which would tell it."""
    after = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    for name, request in REFUSED:
        answer = await ask(site, request + after, to_end=True)
        assert 400 <= status(answer) < 500, name
        assert b" 200 " not in answer, name
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_token_in_a_malformed_request_is_in_no_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The library would show the line that it could not read."""
    with caplog.at_level(logging.DEBUG):
        assert status(await ask(site, b"%sX: \x00\r\n\r\n", to_end=True)) == 400
        broken = f"POST /sync HTTP/1.1\r\nHost: a\r\n{CONTROL_HEADER}: {site.token}\x00\r\n\r\n"
        assert status(await ask(site, broken.encode(), to_end=True)) == 400
    assert site.token not in caplog.text


async def test_odd_requests_are_answered(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Below 500, without an entry in the log, and nobody's headers come back."""
    for name, request in ANSWERED:
        answer = await ask(site, request, to_end=False)
        assert 200 <= status(answer) < 500, name
        assert b"X-Private" not in answer
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_token_is_compared_as_bytes(site: Site) -> None:
    """Any bytes are the same 401; none is an error of the server's."""
    tokens = (
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xe9",
        "ж".encode(),
        b"",
        b" ",
        b"x" * 8000,
        b"c" * 63,
    )
    for path in POSTS:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n".encode()
        for token in tokens:
            lines = b"X-Control-Token: %b\r\nX-Gateway-Token: %b\r\n\r\n" % (token, token)
            assert status(await ask(site, head + lines, to_end=False)) == 401, (path, token[:9])


async def test_a_doubled_token_is_none(site: Site) -> None:
    """Two headers are refused, although each is right."""
    double = f"{CONTROL_HEADER}: {site.token}\r\nContent-Length: 0\r\n\r\n".encode()
    assert status(await ask(site, b"%s" + double, to_end=False)) == 401


async def test_a_bomb_of_json_is_refused(site: Site) -> None:
    """400 for one that has the token."""
    lists, objects = b"[" * 200_000, b'{"a":' * 200_000
    bombs = (lists, objects, b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":"\xff"}', b"9" * 100_000)
    for path in POSTS:
        is_shared = path == "/sync"
        token = site.shared_token if is_shared else site.token
        head = post(path, "X-Gateway-Token" if is_shared else CONTROL_HEADER, token)
        for bomb in bombs:
            request = head + b"Content-Length: %d\r\n\r\n" % len(bomb) + bomb
            assert status(await ask(site, request, to_end=False)) == 400, (path, bomb[:12])


async def test_a_strangers_page_learns_and_changes_nothing(site: Site) -> None:
    """A name turned to this address is 421; another origin's page gets no leave and no read."""
    for method, path, *_ in ROUTES:
        turned = {"Host": "stranger.example:4006", CONTROL_HEADER: site.token}
        async with site.session.request(method, site.url + path, headers=turned) as answer:
            assert (answer.status, "foreign-host" in await answer.text()) == (421, True)
        asked = {"Origin": "http://stranger.example", "Access-Control-Request-Method": method}
        for each in (method, "OPTIONS"):
            async with site.session.request(each, site.url + path, headers=asked) as answer:
                assert not [name for name in answer.headers if name.startswith("Access-Control")]
                assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
                assert answer.status in ({200, 503} if each == "GET" else {401, 405})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "gateway.localhost"])
async def test_the_hosts_own_names_are_served(site: Site, host: str) -> None:
    """With the port behind them."""
    async with site.session.get(site.url + "/livez", headers={"Host": f"{host}:4006"}) as answer:
        assert answer.status == 200


async def test_nobody_else_s_address_leads_here(site: Site) -> None:
    """It listens on 127.0.0.1 and not on every address that this host has."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", site.port), timeout=5)


async def test_every_answer_carries_the_headers(site: Site) -> None:
    """Pages, refusals, and what is not there; none names the server's version."""
    for path in ("/livez", "/health", "/metrics", "/nothing", "/outbox/retry"):
        async with site.session.get(site.url + path) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Server" not in answer.headers


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds of tenths of seconds; before the site is started."""
    monkeypatch.setattr(web, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(web, "UNREAD_MILLISECONDS", 500)


@pytest.mark.usefixtures("impatient")
class TestSlowClients:
    """A connection is not kept for who does not use it."""

    async def test_a_head_that_does_not_end(self, site: Site) -> None:
        """Each byte in time, the whole not: the connection ends."""
        async with await anyio.connect_tcp("127.0.0.1", site.port) as client:
            await client.send(b"GET /livez HTTP/1.1\r\nHost: a\r\n")
            with anyio.fail_after(10), suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                while True:
                    await client.send(b"X")
                    with anyio.move_on_after(0.05):
                        await client.receive()

    async def test_a_client_that_does_not_read(self, site: Site) -> None:
        """Answers that nobody takes are given up, and with them the connection."""
        with anyio.fail_after(30):
            async with await anyio.connect_tcp("127.0.0.1", site.port) as client:
                with suppress(anyio.BrokenResourceError):
                    while True:
                        await client.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 100)

    async def test_many_at_once_leave_the_pages_open(self, site: Site) -> None:
        """300 heads that do not end; who asks properly is answered, and they are gone soon."""
        clients = [await anyio.connect_tcp("127.0.0.1", site.port) for _ in range(300)]
        for client in clients:
            await client.send(b"GET /livez HTTP/1.1\r\n")
        assert (await site.get("/livez"))[0] == 200
        for client in clients:
            with (
                anyio.fail_after(10),
                pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)),
            ):
                await client.receive()
            await client.aclose()


async def test_a_body_is_bounded(site: Site) -> None:
    """413 beyond 32 MiB, announced or not, for one that has the token; 401 for others, unread."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(33):
            yield b" " * (1 << 20)

    headers = {CONTROL_HEADER: site.token}
    url = site.url + "/outbox/retry"
    async with site.session.post(url, data=endless(), headers=headers) as answer:
        assert answer.status == 413
