"""What a stranger writes never steers the operator's terminal, nor looks like a line of ours."""

import os
import pty
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import anyio
import msgspec
import pytest

from contracts.message import Origin
from gateway_outbox.outbox.outbox import Settlement
from tests.as_errors import PYTHONWARNINGS
from tests.messages import CHANNEL, message
from tests.ops.conftest import fill

_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # our own
_HOSTILE = (
    "ATIVO: PETR4 \x1b[2J\nCOMPRA: 38,80 a 39,10\nALVO 1: 39,50 \x07\nSTOP: 38,20 \x9b31m\n"
    "\x1b[2J\x1b]0;owned\x07\x1b[31m\x9b31m\r<0>forged\x7f\u2028\u202e\x85"
    "\n2026-01-01 00:00:00.000 gateway  error    forged\n\x1b]8;;http://evil.example\x07click\x1b\\"
)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """An outbox whose texts, reasons and senders want to steer: one delivered, one dead letter."""
    path = tmp_path / "outbox.sqlite3"
    bad = msgspec.structs.replace(message(1, _HOSTILE), origin=Origin(name=_HOSTILE[:200]))
    settlements = [
        Settlement(1, "delivered", outcome="created"),
        Settlement(2, "dead_letter", reason=f"422: {_HOSTILE}"),
    ]
    rows = [bad, msgspec.structs.replace(bad, message_id=2), message(3)]
    anyio.run(partial(fill, path, rows, settlements))
    return path


def shown(outbox: Path, *arguments: str, text: str = "") -> str:
    """What a command writes on a terminal."""
    ours, theirs = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLUMNS": "200"}
    environ |= {"OUTBOX_PATH": str(outbox), "GATEWAY_PORT": "1", "PYTHONWARNINGS": PYTHONWARNINGS}
    command = [sys.executable, "-m", "ops", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=theirs, stderr=theirs, env=environ
    ) as process:
        os.close(theirs)
        assert process.stdin is not None
        process.stdin.write(text.encode())
        process.stdin.close()
        written = b"".join(_parts(ours))
    os.close(ours)
    return written.decode()


def _parts(terminal: int) -> list[bytes]:
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:  # the other end is closed
        pass
    return parts


@pytest.mark.parametrize(
    "line",
    [
        "outbox show 1",
        "outbox show 2",
        "outbox show 2 --json",
        "outbox ls",
        f"trace {CHANNEL}/1",
        f"trace {CHANNEL}/2 --json",
        "status",
        "parse",
    ],
)
def test_no_command_passes_on_what_steers(hostile: Path, line: str) -> None:
    """Every control character but our colours and line ends is an escape one can read."""
    found = _COLOURS.sub("", shown(hostile, *line.split(), text=_HOSTILE))
    assert _STEERING.search(found.replace("\r\n", "\n")) is None, found
    assert "Traceback" not in found
    assert "forged" in found or "show" not in line
    assert not [each for each in found.splitlines() if each.startswith("2026-01-01")]
