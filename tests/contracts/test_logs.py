"""The services' logs."""

import json
import logging
import os
import pty
import subprocess
import sys
from typing import Any

import pytest

from contracts.logs import JsonLines

SCRIPT = (
    "import logging; from contracts import logs; logs.configure('debug');"
    " logging.getLogger('a').info('two\\nlines', extra={'action': 'x.y'});"
    " logging.getLogger('aiosqlite').debug('a secret text')"
)


def read_back(record: logging.LogRecord) -> dict[str, Any]:
    """A record as its one line says it."""
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def line(message: str, *arguments: object, **extra: object) -> dict[str, Any]:
    """A record of these, formatted and read back."""
    logger = logging.getLogger("test")
    return read_back(
        logger.makeRecord("test", logging.ERROR, "", 0, message, arguments, None, extra=extra)
    )


def test_a_record_is_one_line_of_json() -> None:
    """Time with offset, level, logger, message, and what came as extra."""
    found = line("row %d", 7, action="relay.delivered", seq=7)
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "error",
        "logger": "test",
        "message": "row 7",
        "action": "relay.delivered",
        "seq": 7,
    }


@pytest.mark.parametrize("text", ["a\nb", "a\r\n{}", "\x1b[31m", "\u2028", "a\udcffb"])
def test_no_text_can_forge_a_line(text: str) -> None:
    """Line ends, escapes and undecodable file names are carried, and carried whole."""
    assert line("%s", text)["message"] == text


def test_values_that_json_lacks_become_texts() -> None:
    """A number over 64 bits, an object."""
    found = line("x", number=2**70, thing={1}.pop)
    assert found["number"] == 2**70
    assert "pop" in found["thing"]


def test_an_exception_carries_its_traceback() -> None:
    """In its own field."""
    record = logging.makeLogRecord({"msg": "failed"})
    try:
        {"known": 1}["missing"]
    except KeyError:
        record.exc_info = sys.exc_info()
    assert "KeyError: 'missing'" in read_back(record)["exception"]


def run_script(stderr: int) -> bytes:
    """The script's standard error, where it is a pipe."""
    command = [sys.executable, "-c", SCRIPT]
    return subprocess.run(command, stderr=stderr, check=True).stderr or b""


def test_a_pipe_gets_json_and_no_statement_s_arguments() -> None:
    """At debug the database library would log message texts: it stays at info."""
    (only,) = run_script(subprocess.PIPE).splitlines()
    assert json.loads(only)["message"] == "two\nlines"


def test_a_terminal_gets_readable_text() -> None:
    """Time of day, level, logger, message."""
    ours, theirs = pty.openpty()
    run_script(theirs)
    os.close(theirs)
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert " INFO    a: two" in shown
    assert "{" not in shown
