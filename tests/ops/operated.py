"""An operator at a folder of their own: `tpcapital` with real, plain service processes."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ops.cli import main
from tests.messages import TOKEN
from tests.running_gateway import ROOT


class Operator:
    """Types commands; `environ` is what their shell has set, all of it below `folder`."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.outbox = folder / "data/outbox.sqlite3"
        port = _free_port()
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "TIMESCALEDB_URL": dsn,
            "API_SECRET_TOKEN": TOKEN,
            "GATEWAY_SECRET_TOKEN": TOKEN,
            "OUTBOX_PATH": str(self.outbox),
            "SESSION_DIR": str(folder / ".session"),
            "COMPOSE_FILE": str(folder / "none.yaml"),
            "PORT": str(port),
            "API_ENDPOINT": f"http://127.0.0.1:{port}/ingest",
            "GATEWAY_PORT": "0",
            "RATE_LIMIT_MAX": "0",
        }

    def types(self, *arguments: str) -> Result:
        """`tpcapital …`, to its end."""
        return CliRunner().invoke(main, list(arguments), env=self.environ)

    def sees(self, *arguments: str) -> Any:
        """What the command prints with `--json`."""
        return json.loads(self.types(*arguments, "--json").stdout)

    def components(self) -> dict[str, dict[str, Any]]:
        """The rows of `tpcapital status` by their name."""
        return {row["name"]: row for row in self.sees("status")["components"]}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def operator(folder: Path, dsn: str) -> Iterator[Operator]:
    """An operator; what they started is stopped after the block."""
    found = Operator(folder, dsn)
    try:
        yield found
    finally:
        found.types("stop")
