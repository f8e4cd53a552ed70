"""More connections than a process may have files: it says so, loses nothing, and is back after."""

import http.client
import json
import resource
import socket
from contextlib import ExitStack
from pathlib import Path

import psycopg

from contracts.wire import TOKEN_HEADER
from tests.api_process import ApiProcess
from tests.gateway_process import GatewayProcess
from tests.ingest_api.messages import body
from tests.postgres import TOKEN
from tests.service_process import ServiceProcess
from tests.waiting import until

_SPARE = 20


def crowd(process: ServiceProcess, port: int) -> None:
    """Open more connections than the process may, and close them once it has said so."""
    used = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used + _SPARE, hard))
    with ExitStack() as connections:
        for _ in range(3 * _SPARE):
            connection = socket.create_connection(("127.0.0.1", port))
            connections.enter_context(connection)
            connection.sendall(b"GET /livez HTTP/1.1\r\n")
        until(lambda: "Too many open files" in process.text)


def is_alive(port: int) -> bool:
    """Whether a new client is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_the_api_outlives_a_crowd(database: str, tmp_path: Path) -> None:
    """What comes after is committed, over the database connections that it had."""
    with ApiProcess(database, tmp_path / "log") as api:
        api.wait_until_ready()
        port = int(api.url.rpartition(":")[2])
        crowd(api, port)
        until(lambda: is_alive(port))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {TOKEN_HEADER: TOKEN, "Content-Type": "application/json"}
        connection.request("POST", "/ingest", json.dumps(body(1)), headers)
        assert connection.getresponse().status == 200
        connection.close()
    with psycopg.connect(database) as stored:
        assert stored.execute("select count(*) from tp_capital.messages").fetchone() == (1,)


def test_the_gateway_outlives_a_crowd(tmp_path: Path) -> None:
    """Its pages are back, and it stops in order."""
    outbox = tmp_path / "outbox" / "outbox.sqlite3"
    with GatewayProcess(outbox, "http://127.0.0.1:1/ingest", tmp_path / "log") as gateway:
        port = int(gateway.url.rpartition(":")[2])
        crowd(gateway, port)
        until(lambda: is_alive(port))
        assert not gateway.has_ended
