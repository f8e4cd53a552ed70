"""The question whether a locked version is known to be vulnerable."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from ops import audit

Answer = Callable[[list[Any]], Any]


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Starts an index that answers so, and tells its address."""
    servers: list[HTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                body = json.dumps(answer(json.loads(self.rfile.read(size))["queries"])).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # its own name
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_every_lock_is_read() -> None:
    """Names and versions, each once."""
    found = {package.name for package in audit.locked()}
    assert {"aiohttp", "hypercorn", "telethon", "pytest", "hatchling"} <= found
    assert len(audit.locked()) == len(set(audit.locked()))


def test_none_known_is_0(
    serve: Callable[[Answer], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how many it asked for."""
    assert audit.main(serve(lambda asked: {"results": [{} for _ in asked]})) == 0
    assert f"{len(audit.locked())} locked versions, 0 with" in capsys.readouterr().out


def test_one_known_is_1_and_named(
    serve: Callable[[Answer], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the version and the numbers."""

    def answer(asked: list[Any]) -> Any:
        bad = [each["package"]["name"] == "aiohttp" for each in asked]
        return {"results": [{"vulns": [{"id": "GHSA-1"}]} if each else {} for each in bad]}

    assert audit.main(serve(answer)) == 1
    assert "GHSA-1" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [{"results": []}, {}, [], None])
def test_no_answer_is_69(
    serve: Callable[[Answer], str], capsys: pytest.CaptureFixture[str], answer: Any
) -> None:
    """A silent index must not look like a clean one."""
    assert audit.main(serve(lambda _: answer)) == 69
    assert audit.main("http://127.0.0.1:1/") == 69
    assert "nothing was checked" in capsys.readouterr().err
