"""What a benchmark runs on: an embedded PostgreSQL with its durable defaults, real services."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from psycopg import connect
from psycopg.conninfo import make_conninfo

from ops.child_process import ChildProcess
from ops.embedded_postgres import EmbeddedPostgres

MESSAGES = 1_000_000
_ROOT = Path(__file__).resolve().parents[2]


class Service(NamedTuple):
    """A running service: its address, its process id, its log."""

    url: str
    pid: int
    log: Path


class BenchStack:
    """Starts services for one figure after another; each API gets a database of its own."""

    def __init__(self, folder: Path, dsn: str, messages: int = MESSAGES) -> None:
        self.folder = folder
        self.dsn = dsn
        self.messages = messages
        self.token = secrets.token_hex(32)
        self._count = 0

    def new_file(self, name: str) -> Path:
        """A path that no figure has used yet."""
        self._count += 1
        return self.folder / f"{self._count}-{name}"

    @contextmanager
    def api(self, **variables: str) -> Iterator[tuple[Service, str]]:
        """A ready API and the connection string of its fresh database, which goes with it."""
        self._count += 1
        name = f"tpcapital_bench_{os.getpid()}_{self._count}"
        with connect(self.dsn, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}")
        dsn = make_conninfo(self.dsn, dbname=name)
        environ = {"TIMESCALEDB_URL": dsn, "RATE_LIMIT_MAX": "0"}  # all load is one client's
        try:
            with self._service("ingest_api", environ | variables) as service:
                yield service, dsn
        finally:
            with connect(self.dsn, autocommit=True) as server:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def bare_server(self) -> Iterator[Service]:
        """The API's HTTP server without the API."""
        with self._service("ops.bench.bench_bare_server", {}) as service:
            yield service

    @contextmanager
    def gateway(self, outbox: Path, api: Service, replay: Path | None = None) -> Iterator[Service]:
        """A ready gateway on this outbox; `replay` is appended at 50 messages a second."""
        environ = {"API_ENDPOINT": f"{api.url}/ingest", "OUTBOX_PATH": str(outbox)}
        if replay:
            environ |= {"REPLAY_FILE": str(replay), "REPLAY_RATE": "50"}
        with self._service("gateway_outbox", environ) as service:
            yield service

    @contextmanager
    def _service(self, module: str, environ: dict[str, str]) -> Iterator[Service]:
        """With nothing of our own environment that could set it otherwise."""
        port = _free_port()
        url, log = f"http://127.0.0.1:{port}", self.new_file(f"{module}.log")
        ours = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(_ROOT),
            "PORT": str(port),
            "GATEWAY_PORT": str(port),
            "GATEWAY_SECRET_TOKEN": self.token,
            "API_SECRET_TOKEN": self.token,
        }
        with ChildProcess(module, ours | environ, log, f"{url}/readyz") as child:
            yield Service(url, child.pid, log)


@contextmanager
def bench_stack(
    folder: Path, dsn: str | None = None, messages: int = MESSAGES
) -> Iterator[BenchStack]:
    """The server of `dsn`, or a PostgreSQL in `folder` with the durable defaults.

    `messages` is the length of the histories that are asked about.
    """
    if dsn:
        yield BenchStack(folder, dsn, messages)
        return
    with EmbeddedPostgres(folder / "postgres") as postgres:
        yield BenchStack(folder, postgres.dsn, messages)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
