"""The checks before a body is understood, over a real socket."""

import io
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import anyio
import psycopg
import pytest
from multidict import CIMultiDict

from contracts.wire import MAX_BATCH_BYTES, MAX_MESSAGE_BYTES
from tests.api_process import ApiProcess
from tests.ingest_api.messages import body
from tests.postgres import TOKEN
from tests.waiting import eventually, until

_JSON = {"Content-Type": "application/json"}
_TOKEN = {"X-Gateway-Token": TOKEN}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Gateway-Token": TOKEN[:-1]},
        {"X-Gateway-Token": f"{TOKEN}é"},
        {"X-Gateway-Token": ""},
        CIMultiDict([("X-Gateway-Token", TOKEN), ("X-Gateway-Token", TOKEN)]),
    ],
)
async def test_without_the_token_nothing_else_is_looked_at(
    client: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    """Missing, wrong, non-ASCII, empty and doubled tokens are the same 401."""
    async with client.post("/ingest", data=b"no json", headers=headers) as answer:
        assert answer.status == 401
        problem = await answer.json(content_type="application/problem+json")
    assert problem["error"] == "Invalid or missing authentication token"
    assert problem["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonx", "application/problem+json"])
async def test_another_content_type_is_415(client: aiohttp.ClientSession, kind: str) -> None:
    """Only application/json, whatever parameters it has."""
    headers = _TOKEN | {"Content-Type": kind}
    async with client.post("/ingest", data=b"{}", headers=headers) as answer:
        assert answer.status == 415
    headers = _TOKEN | {"Content-Type": "Application/JSON; charset=utf-8"}
    async with client.post("/ingest", data=b"{}", headers=headers) as answer:
        assert answer.status == 400


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 1024):
        yield b" " * 1024


@pytest.mark.parametrize(
    ("path", "limit"), [("/ingest", MAX_MESSAGE_BYTES), ("/ingest/batch", MAX_BATCH_BYTES)]
)
async def test_a_body_over_the_limit_is_413_however_it_comes(
    client: aiohttp.ClientSession, path: str, limit: int
) -> None:
    """By its announced length and while it is read in chunks; up to the limit it is read."""
    headers = _TOKEN | _JSON
    async with client.post(path, data=io.BytesIO(b" " * (limit + 1)), headers=headers) as answer:
        assert answer.status == 413
    async with client.post(path, data=_chunks(limit + 1024), headers=headers) as answer:
        assert answer.status == 413
        assert answer.content_type == "application/problem+json"
    async with client.post(path, data=io.BytesIO(b" " * limit), headers=headers) as answer:
        assert answer.status == 400


async def test_a_connection_serves_on_after_a_refusal(api: ApiProcess) -> None:
    """A refused body is read to its end, so that the client meets an answer and not a reset."""
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(api.url, connector=connector) as session:
        for data in (b" " * 900_000, b"{}"):
            async with session.post("/ingest", data=data, headers=_JSON) as answer:
                assert answer.status == 401
        async with session.get("/livez", data=io.BytesIO(b" " * 1_500_000)) as answer:
            assert answer.status == 200


async def test_a_previous_token_opens_and_is_counted(database: str, tmp_path: Path) -> None:
    """While the gateway changes over, both tokens open; the counter tells them apart."""
    previous = TOKEN[::-1]
    variables = {"GATEWAY_SECRET_TOKEN_PREVIOUS": previous}
    with ApiProcess(database, tmp_path / "log", **variables) as api:
        api.wait_until_ready()
        async with aiohttp.ClientSession(api.url) as session:
            for token in (TOKEN, previous):
                headers = {"X-Gateway-Token": token}
                async with session.post("/ingest", json=body(), headers=headers) as answer:
                    assert answer.status == 200
            async with session.get("/metrics") as answer:
                assert 'api_gateway_auth_total{token="previous"} 1.0' in await answer.text()


async def test_ten_wrong_tokens_are_one_line_in_the_log(own_api: ApiProcess) -> None:
    """The line names the address; it holds no token."""
    async with aiohttp.ClientSession(own_api.url) as session:
        for _ in range(12):
            headers = {"X-Gateway-Token": "guess-guess-guess"}
            async with session.post("/ingest", json={}, headers=headers) as answer:
                assert answer.status == 401
    (line,) = own_api.lines("auth.suspicious")
    assert (line["level"], line["address"]) == ("warning", "127.0.0.1")
    assert "guess" not in own_api.text


async def test_more_than_fits_is_shed_and_told_when_to_return(
    database: str, tmp_path: Path
) -> None:
    """With every slot at work a request is 503 with Retry-After, and later ones are served."""
    with ApiProcess(database, tmp_path / "log", MAX_IN_FLIGHT="1") as api:
        api.wait_until_ready()
        async with aiohttp.ClientSession(api.url, headers=_TOKEN) as session:
            await _post_all_at_once(database, session)
            async with session.post("/ingest", json=body(9)) as answer:
                assert answer.status == 200


async def _post_all_at_once(dsn: str, session: aiohttp.ClientSession) -> None:
    async with session.post("/ingest", json=body(1)) as answer:
        assert answer.status == 200
    with psycopg.connect(dsn) as holder:
        holder.execute("select from tp_capital.messages for update")

        async def first() -> None:
            edit = body(1, "x", editedAt="2025-10-25T14:00:00Z")
            async with session.post("/ingest", json=edit) as answer:
                assert answer.status == 200

        async with anyio.create_task_group() as requests:
            requests.start_soon(first)
            await eventually(lambda: _in_flight(session, 1))
            async with session.post("/ingest", json=body(2)) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
                problem = await answer.json(content_type=None)
                assert problem["type"].endswith(":overloaded")
                assert problem["detail"] == (
                    "as many requests as may are being worked on; send again"
                )
            holder.rollback()


async def _in_flight(session: aiohttp.ClientSession, count: int) -> bool:
    async with session.get("/metrics") as answer:
        return f"api_requests_in_flight {count:.1f}" in await answer.text()


def test_a_client_that_leaves_in_its_body_is_no_error(own_api: ApiProcess) -> None:
    """An aborted upload is counted as 499 and leaves no traceback."""
    address = ("127.0.0.1", int(own_api.url.rpartition(":")[2]))
    head = f"POST /ingest HTTP/1.1\r\nHost: a\r\nX-Gateway-Token: {TOKEN}\r\n"
    with socket.create_connection(address) as connection:
        connection.sendall(f"{head}Content-Type: application/json\r\n".encode())
        connection.sendall(b'Content-Length: 1000\r\n\r\n{"half')

    def counted() -> bool:
        with socket.create_connection(address) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return b'route="/ingest",status_code="499"' in answer

    until(counted)
    assert "Traceback" not in own_api.text
