"""The old program's folder, a stand-in of its process, and the places that it moves to."""

import base64
import getpass
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from ops.cli import main
from tests.ops import systemctl_stand_in
from tests.running_gateway import ROOT
from tests.waiting import until

KEY = bytes(range(256))
API_HASH = "0123456789abcdef0123456789abcdef"


def gramjs(key: bytes = KEY, address: bytes = b"127.0.0.1", port: int = 1) -> str:
    """A string session as the old gateway wrote it."""
    head = struct.pack(f">BH{len(address)}sH", 2, len(address), address, port)
    return "1" + base64.b64encode(head + key).decode()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class OldHome:
    """An old installation in a folder; `run` moves it, with `systemctl` played by a stand-in."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder, self.dsn = folder, dsn
        self.home, self.new = folder / "tp-capital", folder / "new"
        self.home.mkdir()
        self.env = self.home / ".env"
        self.ports = {"api": free_port(), "gateway": free_port()}
        self.variables = {
            "TELEGRAM_API_ID": "12345678",
            "TELEGRAM_API_HASH": API_HASH,
            "TELEGRAM_DC": "2@127.0.0.1:1",  # nobody listens: no test asks Telegram
            "TELEGRAM_SESSION": gramjs(),
            "TELEGRAM_SOURCE_CHANNELS": "-1001234567890",
            "API_SECRET_TOKEN": "change_me_gateway_token_secure_random_string",
            "API_ENDPOINT": f"http://127.0.0.1:{self.ports['api']}/ingest",
            "GATEWAY_PORT": str(self.ports["gateway"]),
            "PORT": str(self.ports["api"]),
            "TIMESCALEDB_URL": dsn,
            "LOG_LEVEL": "info",
            "NODE_ENV": "production",
        }
        self.write_env()
        self.units = folder / "units"
        self.units.mkdir()
        self._write_systemctl()

    def write_env(self) -> None:
        """The env file, with quotes and a comment as people write them."""
        lines = [f'{name}="{value}"' for name, value in self.variables.items()]
        self.env.write_text("# TP Capital\n" + "\n".join(lines) + "\n", encoding="utf-8")

    def command(self, *words: str) -> list[str]:
        """`tpcapital migrate-from-monolith`."""
        options = {
            "--old-env": self.env,
            "--config": self.new / "etc",
            "--state": self.new / "state",
            "--backups": self.new / "backups",
            "--service-user": getpass.getuser(),
            "--old-port": free_port(),
            "--api-url": f"http://127.0.0.1:{self.ports['api']}",
            "--gateway-url": f"http://127.0.0.1:{self.ports['gateway']}",
        }
        pairs = [str(word) for pair in options.items() for word in pair]
        code = "from ops.cli import main; main()"
        return [sys.executable, "-c", code, "migrate-from-monolith", *pairs, *words]

    @property
    def environ(self) -> dict[str, str]:
        """With the stand-in first on the path."""
        return {
            "PATH": f"{self.units}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "SYSTEMCTL_HOME": str(self.units),
            "SYSTEMCTL_CONFIG": str(self.new / "etc"),
        }

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """The command, to its end, in this process: the imports are not paid for each time."""
        line = self.command(*words)[3:]
        result = CliRunner().invoke(main, line, env=self.environ)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return subprocess.CompletedProcess(line, result.exit_code, result.stdout, result.stderr)

    def document(self, *words: str, status: int = 0) -> Any:
        """What it prints as JSON."""
        done = self.run(*words, "--json")
        assert done.returncode == status, done.stderr + done.stdout
        return json.loads(done.stdout)

    def states(self) -> dict[str, str]:
        """How far each step is, by the journal."""
        path = self.new / "state" / "move.json"
        if not path.exists():
            return {}
        steps = json.loads(path.read_bytes())
        return {name: step["state"] for name, step in steps.items()}

    def killed_when(self, step: str, state: str) -> None:
        """Run, and kill -9 as soon as the journal says so."""
        with subprocess.Popen(
            self.command("--run"), env=self.environ, stderr=subprocess.DEVNULL, cwd=self.folder
        ) as process:
            until(lambda: self.states().get(step) == state or process.poll() is not None, 60)
            process.send_signal(signal.SIGKILL)

    def stop(self) -> None:
        """Stop the units that run."""
        for path in self.units.glob("*.pid"):
            systemctl_stand_in.stop(int(path.read_text()))
            path.unlink()

    def write_docker(self, line: str) -> None:
        """A `docker` that does only this."""
        self._write_program("docker", line)

    def _write_systemctl(self) -> None:
        self._write_program(
            "systemctl", f'exec {sys.executable} {Path(systemctl_stand_in.__file__)} "$@"'
        )

    def _write_program(self, name: str, line: str) -> None:
        script = self.units / name
        script.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        script.chmod(0o755)


@contextmanager
def old_process(home: Path, *, opened: Path | None = None) -> Iterator[int]:
    """A process that stands in the old folder, or only has a file of it open; its pid."""
    code = "import sys; f = [*map(open, sys.argv[1:])]; print('up', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", code, *([str(opened)] if opened else [])]
    with subprocess.Popen(
        words,
        cwd=home if opened is None else "/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()
