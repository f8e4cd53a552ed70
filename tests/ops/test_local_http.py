"""Short questions to the services here: no proxy is in between, and what fails is told."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ops.local_http import is_well, read


class Service(BaseHTTPRequestHandler):
    """Well at `/`, and nowhere else."""

    def do_GET(self) -> None:
        """Its state."""
        self.send_response(200 if self.path == "/" else 503)
        self.end_headers()
        self.wfile.write(b"state")

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a service, where the environment names a proxy that is not there."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_no_proxy_is_asked(url: str) -> None:
    """Whatever the environment says."""
    assert (read(f"{url}/"), is_well(f"{url}/")) == ("state", True)


def test_another_answer_is_an_error(url: str) -> None:
    """With what came; so is none at all."""
    assert not is_well(f"{url}/other")
    with pytest.raises(OSError, match=f"{url}/other answers 503"):
        read(f"{url}/other")
    with pytest.raises(OSError, match=r"127\.0\.0\.1:1/: .*refused"):
        read("http://127.0.0.1:1/")
