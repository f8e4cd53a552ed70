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
    api_port, gateway_port, database_port = _free_ports(port_offset)
    folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(32)
    outbox = folder / "outbox.sqlite3"
    api_url, gateway_url = f"http://127.0.0.1:{api_port}", f"http://127.0.0.1:{gateway_port}"
    with EmbeddedPostgres(folder / "postgres", database_port) as postgres:
        api_environ = _api_environ(api_port, postgres.dsn, token)
        gateway_environ = _gateway_environ(gateway_port, api_url, token, outbox)
        gateway_environ |= _replay_environ(export, rate)
        with (
            _child("ingest_api", api_environ, folder / "api.log", f"{api_url}/readyz") as api,
            _child(
                "gateway_outbox", gateway_environ, folder / "gateway.log", f"{gateway_url}/readyz"
            ) as gateway,
        ):
            pgpass = _write_pgpass(folder / "pgpass", postgres.dsn)
            yield Stack(api_url, gateway_url, postgres.dsn, pgpass, outbox, (api, gateway))


def _free_ports(offset: int) -> list[int]:
    """The ports of API, gateway and database. Raises PortInUseError."""
    ports = [port + offset for port in (API_PORT, GATEWAY_PORT, DATABASE_PORT)]
    for port in ports:
        _refuse_busy(port)
    return ports


def _api_environ(port: int, dsn: str, token: str) -> dict[str, str]:
    return {
        "PORT": str(port),
        "TIMESCALEDB_URL": dsn,
        "GATEWAY_SECRET_TOKEN": token,
    }


def _gateway_environ(port: int, api_url: str, token: str, outbox: Path) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "API_ENDPOINT": f"{api_url}/ingest",
        "API_SECRET_TOKEN": token,
        "OUTBOX_PATH": str(outbox),
    }


def _replay_environ(export: Path, rate: float | None) -> dict[str, str]:
    return {"REPLAY_FILE": str(export)} | ({"REPLAY_RATE": str(rate)} if rate else {})


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
