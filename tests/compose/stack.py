"""The project of compose/compose.yaml on a real engine: its own name, ports and secrets."""

import json
import os
import socket
import subprocess
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.compose.engine import COMPOSE, docker, inspect
from tests.listener import is_free
from tests.waiting import until

IMAGE_TAG = "test"
REPLICAS = 3  # as scale.env has it
MAIN_PROCESS = """
import os, signal
child = open("/proc/1/task/1/children").read().split()[0]
os.kill(int(child), signal.SIGKILL)
"""


class Stack:
    """`docker compose` for one project. Images may be named by the variables of compose.yaml."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.ports = {
            port: str(_free_port())
            for port in ("API_PORT", "DOOR_PORT", "DATABASE_PORT", "PROMETHEUS_PORT")
        }
        first = _free_ports(REPLICAS)
        self.replica_ports = range(first, first + REPLICAS)
        self._secrets = folder / "secrets"
        self.environ = {
            **os.environ,
            **self.ports,
            "COMPOSE_PROJECT_NAME": name,
            "SECRETS_DIR": str(self._secrets),
            "TPCAPITAL_VERSION": IMAGE_TAG,
            "HEALTH_INTERVAL": "1s",
            "RATE_LIMIT_MAX": "0",  # tests ask often
            "LOG_LEVEL": "DEBUG",  # a line for each message
        }
        made = ["sh", str(COMPOSE / "make-secrets"), str(self._secrets)]
        subprocess.run(made, stdout=subprocess.DEVNULL, check=True)

    def secret(self, name: str) -> str:
        """The content of a secret's file."""
        return (self._secrets / name).read_text(encoding="utf-8")

    @property
    def scaled(self) -> list[str]:
        """Options that put several APIs behind Caddy."""
        return ["--env-file", str(COMPOSE / "scale.env")]

    def compose(self, *arguments: str, options: Sequence[str] = (), **variables: str) -> str:
        """What `docker compose` prints."""
        file = str(COMPOSE / "compose.yaml")
        environ = self.environ_of(options) | variables
        return docker("compose", "-f", file, *options, *arguments, environ=environ)

    def environ_of(self, options: Sequence[str]) -> dict[str, str]:
        """The variables for these options: each scaled API has a port of its own range."""
        if options[:2] != self.scaled:
            return self.environ
        ports = f"{self.replica_ports[0]}-{self.replica_ports[-1]}"
        return self.environ | {"API_PORT": ports}

    def up(self, *arguments: str, options: Sequence[str] = ()) -> None:
        """Start, and return when everything is healthy."""
        self.compose("up", "--detach", "--wait", *arguments, options=options)

    def down(self, *arguments: str) -> None:
        """Remove the containers, of every profile."""
        self.compose("--profile", "*", "down", "--timeout", "30", *arguments)

    def containers(self, service: str) -> list[str]:
        """The ids of a service's running containers."""
        return self.compose("ps", "--quiet", service).split()

    def container(self, service: str) -> dict[str, Any]:
        """Everything about a service's only container."""
        (found,) = self.containers(service)
        return inspect(found)

    def crash(self, container: str) -> None:
        """Kill the program in an API's container, as a fault would; the engine starts it anew."""
        before = inspect(container)["RestartCount"]
        command = ["docker", "exec", container, "python", "-c", MAIN_PROCESS]
        subprocess.run(command, capture_output=True, check=False)  # it dies with its container
        until(lambda: inspect(container)["RestartCount"] > before)

    def wait_until_healthy(self, container: str) -> None:
        """Wait for the container's own test."""
        until(lambda: inspect(container)["State"]["Health"]["Status"] == "healthy", 60)

    @property
    def dsn(self) -> str:
        """The database, as the API's user."""
        return self.dsn_of("tpcapital", "database_password")

    def dsn_of(self, user: str, secret: str) -> str:
        """The database as another user, whose password is in this secret."""
        port, password = self.ports["DATABASE_PORT"], self.secret(secret)
        return f"postgresql://{user}:{password}@127.0.0.1:{port}/tp_capital"

    def url(self, path: str, port: str = "API_PORT") -> str:
        """An address at one of the project's ports."""
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def ask(self, path: str, port: str = "API_PORT") -> Any:
        """The JSON that an address answers with."""
        with urllib.request.urlopen(self.url(path, port), timeout=10) as answer:  # noqa: S310  # our own loopback URL
            return json.loads(answer.read())


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _free_ports(count: int) -> int:
    """The first of so many free ports in a row, where no system hands out ports by itself."""
    begin = 20_000 + os.getpid() % 5_000
    starts = range(begin, 32_000, count)
    return next(at for at in starts if all(map(is_free, range(at, at + count))))
