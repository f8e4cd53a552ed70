"""The whole pipeline on this machine for a demo: PostgreSQL, the ingest API, the gateway."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from psycopg.conninfo import conninfo_to_dict

from ops.child_process import ChildProcess
from ops.embedded_postgres import EmbeddedPostgres

API_PORT, GATEWAY_PORT, DATABASE_PORT = 4005, 4006, 4007


class PortInUseError(RuntimeError):
    """A port of the demo is taken."""


class Stack(NamedTuple):
    """A running pipeline: addresses, database, and the processes to watch."""

    api_url: str
    gateway_url: str
    dsn: str
    pgpass: Path
    outbox: Path
    children: tuple[ChildProcess, ...]

    def check(self) -> None:
        """Raise ChildFailedError if a process has ended."""
        for child in self.children:
            child.check()


@contextmanager
def running_stack(
    folder: Path, port_offset: int, export: Path, rate: float | None
) -> Iterator[Stack]:
    """Start everything in order, replaying `export`; stop in the opposite order.

    Raises PortInUseError, ChildFailedError, EmbeddedPostgresError.
    """
    ports = [port + port_offset for port in (API_PORT, GATEWAY_PORT, DATABASE_PORT)]
    for port in ports:
        _refuse_busy(port)
    folder.mkdir(parents=True, exist_ok=True)
    api_port, gateway_port, database_port = ports
    token = secrets.token_hex(32)
    outbox = folder / "outbox.sqlite3"
    api_url, gateway_url = f"http://127.0.0.1:{api_port}", f"http://127.0.0.1:{gateway_port}"
    with EmbeddedPostgres(folder / "postgres", database_port) as postgres:
        api_environ = {
            "PORT": str(api_port),
            "TIMESCALEDB_URL": postgres.dsn,
            "GATEWAY_SECRET_TOKEN": token,
        }
        gateway_environ = {
            "GATEWAY_PORT": str(gateway_port),
            "API_ENDPOINT": f"{api_url}/ingest",
            "API_SECRET_TOKEN": token,
            "OUTBOX_PATH": str(outbox),
            "REPLAY_FILE": str(export),
        } | ({"REPLAY_RATE": str(rate)} if rate else {})
        with (
            _child("ingest_api", api_environ, folder / "api.log", f"{api_url}/readyz") as api,
            _child(
                "gateway_outbox", gateway_environ, folder / "gateway.log", f"{gateway_url}/readyz"
            ) as gateway,
        ):
            pgpass = _write_pgpass(folder / "pgpass", postgres.dsn)
            yield Stack(api_url, gateway_url, postgres.dsn, pgpass, outbox, (api, gateway))


def _child(module: str, environ: dict[str, str], log: Path, ready_url: str) -> ChildProcess:
    """A service with only what it needs of our own environment: no setting of ours leaks in."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    root = str(Path(__file__).resolve().parents[2])
    return ChildProcess(module, {**kept, "PYTHONPATH": root, **environ}, log, ready_url)


def _write_pgpass(path: Path, dsn: str) -> Path:
    """The password where psql looks for it, so that it need not be shown."""
    parts = conninfo_to_dict(dsn)
    path.touch(mode=0o600)
    path.write_text(f"*:*:*:{parts['user']}:{parts['password']}\n", encoding="utf-8")
    return path


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise PortInUseError(
                f"port {port} is in use by another program: stop it,"
                " or move all ports of the demo with --port-offset 100"
            ) from None
