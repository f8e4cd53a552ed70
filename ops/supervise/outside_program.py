"""Programs of others (systemctl, docker, journalctl): run to their end, with a bound."""

import subprocess
from collections.abc import Sequence
from typing import NamedTuple

LOOK_SECONDS = 20.0


class Output(NamedTuple):
    """How a program ended (127: it is not installed, 124: it took too long), and what it said."""

    status: int
    out: str
    err: str

    @property
    def reason(self) -> str:
        """The last thing it complained about, on one line."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1] if lines else f"status {self.status}"


def run(command: Sequence[str], seconds: float = LOOK_SECONDS) -> Output:
    """Run it; never raises for what it does."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        return Output(127, "", f"{command[0]} is not installed")
    except OSError as error:
        return Output(126, "", f"{command[0]}: {error.strerror}")
    except subprocess.TimeoutExpired:
        return Output(124, "", f"{command[0]} did not end within {seconds:.0f} s")
    return Output(ended.returncode, ended.stdout, ended.stderr)
