"""The process: its start, its end, and every exit status."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import orjson
import psycopg

from contracts.exit_status import ExitStatus
from tests.api_process import ApiProcess
from tests.ingest_api.messages import CHATTER, body
from tests.ingest_api.tables import stored
from tests.ingest_api.test_ingest import HEADERS
from tests.postgres import TOKEN
from tests.waiting import eventually, until


def _run(**environ: str) -> subprocess.CompletedProcess[str]:
    """The service started with this environment, which is expected to end by itself."""
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "ingest_api"]
    return subprocess.run(
        command, env=known | environ, capture_output=True, text=True, timeout=30, check=False
    )


def _messages(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """What its log says."""
    return [orjson.loads(line)["message"] for line in ended.stderr.splitlines()]


def test_a_wrong_environment_is_one_fatal_line_each_and_78() -> None:
    """All problems at once, no traceback, no secret."""
    ended = _run(GATEWAY_SECRET_TOKEN="change_me", PORT="x")
    assert ended.returncode == ExitStatus.CONFIG
    lines = _messages(ended)
    assert len(lines) == 2
    assert all(line.startswith("FATAL ") for line in lines)
    assert "change_me" not in ended.stderr


def test_a_busy_port_is_one_sentence_and_its_own_status(database: str) -> None:
    """The address is named, and what to set."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = _run(GATEWAY_SECRET_TOKEN=TOKEN, TIMESCALEDB_URL=database, PORT=port)
    assert ended.returncode == ExitStatus.PORT_BUSY
    (line,) = _messages(ended)
    assert line.startswith(f"FATAL cannot listen on 127.0.0.1:{port}: ")


def test_a_newer_database_ends_the_start_with_a_sentence(database: str) -> None:
    """The service does not serve on a schema it does not know."""
    with psycopg.connect(database) as connection:
        connection.execute("insert into tp_capital.schema_migrations values (9999, 'later', 'x')")
    ended = _run(GATEWAY_SECRET_TOKEN=TOKEN, TIMESCALEDB_URL=database, PORT="0")
    assert ended.returncode == ExitStatus.CONFIG
    assert _messages(ended)[-1].startswith("FATAL the database has migration later")
    assert "Traceback" not in ended.stderr


def test_the_death_of_a_task_ends_the_process_with_70(empty_database: str) -> None:
    """A migration that cannot be applied is no reason to wait: the reason is logged."""
    with psycopg.connect(empty_database) as connection:
        connection.execute("create schema tp_capital")
        connection.execute("create table tp_capital.messages (n int)")
    ended = _run(GATEWAY_SECRET_TOKEN=TOKEN, TIMESCALEDB_URL=empty_database, PORT="0")
    assert ended.returncode == ExitStatus.TASK_DIED
    assert "already exists" in ended.stderr


def test_an_idle_service_stops_at_once(own_api: ApiProcess) -> None:
    """SIGTERM and nothing to do: status 0, and the port is free."""
    own_api.signal(signal.SIGTERM)
    assert own_api.wait(5) == ExitStatus.OK
    assert "Traceback" not in own_api.text
    own_api.start()


async def test_a_signal_lets_what_was_admitted_finish(own_api: ApiProcess, database: str) -> None:
    """While one request waits for the database, newcomers get 503, and the one gets its answer."""
    async with aiohttp.ClientSession(own_api.url, headers=HEADERS) as session:
        async with session.post("/ingest", json=body(1)) as answer:
            assert answer.status == 200
        with psycopg.connect(database) as holder:
            holder.execute("select from tp_capital.messages for update")
            async with anyio.create_task_group() as requests:
                requests.start_soon(_edit, session)
                await eventually(lambda: _is_busy(session))
                own_api.signal(signal.SIGTERM)
                await eventually(lambda: _is_draining(session))
                holder.rollback()
    assert await anyio.to_thread.run_sync(own_api.wait) == ExitStatus.OK
    assert stored(database)["messages"][0]["text"] == CHATTER


async def _edit(session: aiohttp.ClientSession) -> None:
    edit = body(1, CHATTER, editedAt="2025-10-25T14:00:00Z")
    async with session.post("/ingest", json=edit) as answer:
        assert (answer.status, (await answer.json())["outcome"]) == (200, "updated")


async def _is_busy(session: aiohttp.ClientSession) -> bool:
    async with session.get("/metrics") as answer:
        return "api_requests_in_flight 1.0" in await answer.text()


async def _is_draining(session: aiohttp.ClientSession) -> bool:
    async with session.get("/readyz") as answer:
        if answer.status == 200:
            return False
        assert (await answer.json())["error"] == "the server is stopping"
    async with session.get("/signals/stream") as answer:
        problem = await answer.json(content_type=None)
        assert problem["detail"] == "this server is stopping; connect again"
    async with session.post("/ingest", json=body(2)) as answer:
        problem = await answer.json(content_type=None)
        assert (answer.status, problem["type"]) == (503, "urn:tpcapital:problem:draining")
        assert problem["detail"] == "this server is stopping and takes no more messages; send again"
        assert (answer.headers["Retry-After"], answer.headers["Connection"]) == ("2", "close")
    return True


def test_a_second_signal_ends_at_once(own_api: ApiProcess) -> None:
    """With a client in the middle of its body, the second signal does not wait for it."""
    address = ("127.0.0.1", int(own_api.url.rpartition(":")[2]))
    head = f"POST /ingest HTTP/1.1\r\nHost: a\r\nX-Gateway-Token: {TOKEN}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection(address) as connection:
        connection.sendall(head.encode())
        until(lambda: _has_request(address))
        own_api.signal(signal.SIGTERM)
        until(lambda: own_api.logged("service.draining"))
        own_api.signal(signal.SIGTERM)
        assert own_api.wait(5) == ExitStatus.FORCED
    assert own_api.logged("service.forced")


def _has_request(address: tuple[str, int]) -> bool:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return b"api_requests_in_flight 1.0" in answer


async def test_a_killed_service_comes_back_with_everything_committed(
    own_api: ApiProcess, database: str
) -> None:
    """What was answered before a SIGKILL is in the database after it."""
    assert (await _post_once(own_api))["outcome"] == "created"
    own_api.kill()
    assert len(stored(database)["messages"]) == 1
    own_api.start()
    own_api.wait_until_ready()
    assert (await _post_once(own_api))["reason"] == "duplicate"


async def _post_once(api: ApiProcess) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession(api.url, headers=HEADERS) as session,
        session.post("/ingest", json=body(1)) as answer,
    ):
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found
