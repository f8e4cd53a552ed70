"""A container with nothing but Python, in which a newcomer types what the pages say."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.compose.engine import ROOT, docker
from tests.waiting import until

SECONDS = 1200
# curl is what the pages ask the services with; the newcomer is nobody special.
PREPARED = """
apt-get update -qq && apt-get install -y -qq --no-install-recommends curl >/dev/null 2>&1
useradd --create-home newcomer
"""
HOME = Path("/home/newcomer")


class FreshMachine:
    """One container; what is run is run in a clone of the project, as `newcomer`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def clone(self, revision: str, folder: str) -> None:
        """Put a revision's files there, as `git clone` would."""
        command = ["git", "archive", revision]
        archive = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        self._exec(f"mkdir {HOME / folder} && tar -xf - -C {HOME / folder}", archive)

    def run(self, block: str, folder: str = "", user: str = "newcomer") -> str:
        """What a block prints there, on both streams. Raises AssertionError when it fails."""
        return self._exec(f"cd {HOME / folder}\n{block}", user=user)

    def python(self, source: str, folder: str) -> str:
        """What the folder's own Python prints for a program."""
        return self._exec(f"cd {HOME / folder}\n.venv/bin/python -W error -", source.encode())

    def another_terminal(self, command: str, folder: str) -> "Terminal":
        """Start the command there, and come back."""
        shown = HOME / f"shown-{folder}"
        block = f"cd {HOME / folder}; {command.strip()} >{shown} 2>&1; echo $? >{shown}.status"
        where = ["--user", "newcomer", "--env", f"HOME={HOME}", self._name]
        docker("exec", "--detach", *where, "bash", "-c", block)
        return Terminal(self, shown)

    def _exec(self, block: str, given: bytes = b"", user: str = "newcomer") -> str:
        command = ["docker", "exec", "-i", "--user", user, "--env", f"HOME={HOME}", self._name]
        done = subprocess.run(
            [*command, "bash", "-ec", block],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        said = done.stdout.decode(errors="replace")
        assert done.returncode == 0, f"{block}\nstatus {done.returncode}: {said[-4000:]}"
        return said


class Terminal:
    """What a command in another terminal shows, and how it ended."""

    def __init__(self, machine: FreshMachine, shown: Path) -> None:
        self._machine = machine
        self._shown = shown

    @property
    def text(self) -> str:
        """All that it has shown."""
        return self._machine.run(f"cat {self._shown} 2>/dev/null || true")

    def wait_for(self, pattern: str, seconds: float) -> None:
        """Until it shows that, or ends. Raises AssertionError, TimeoutError."""

        def is_there() -> bool:
            text = self.text
            assert not self.status, text[-4000:]
            return re.search(pattern, text, re.DOTALL) is not None

        until(is_there, seconds)

    @property
    def status(self) -> str:
        """Its exit status; empty while it runs."""
        return self._machine.run(f"cat {self._shown}.status 2>/dev/null || true").strip()


@contextmanager
def fresh_machine(name: str) -> Iterator[FreshMachine]:
    """A new container of the base image that the API's is made from; removed after the block.

    TPCAPITAL_FRESH_IMAGE names another one: of another Python, say.
    """
    options = ["--detach", "--init", "--name", name, "--env", "TERM=dumb"]
    image = os.environ.get("TPCAPITAL_FRESH_IMAGE") or _base_image()
    docker("run", *options, image, "sleep", "infinity")
    try:
        docker("exec", name, "sh", "-ec", PREPARED)
        yield FreshMachine(name)
    finally:
        docker("rm", "--force", "--volumes", name)


def _base_image() -> str:
    text = (ROOT / "compose" / "Dockerfile").read_text(encoding="utf-8")
    (found,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)", text, re.MULTILINE)
    return str(found)
