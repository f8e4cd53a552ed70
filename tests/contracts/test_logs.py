"""The services' logs."""

import json
import logging
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts.logs import JournalLines, JsonLines, PlainText

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


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\n{}", "\x1b[31m", "\u2028", "a\udcffb", "a\x00b", "<0>a", "a\n<0>b"]
)
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


def test_no_reader_sees_a_second_line() -> None:
    """Characters that JSON leaves alone and some readers take for the end of a line."""
    record = logging.makeLogRecord({"msg": "a\x85b\u2028c\x9bd\u202ee"})
    assert len(JsonLines().format(record).splitlines()) == 1
    assert JsonLines().format(record).isascii()


@pytest.mark.parametrize("form", [JsonLines(), JournalLines(), PlainText()])
@pytest.mark.parametrize(
    "text", ["<0>a", "a\n<0>b", "a\r<0>b", "a\x00b", "a\u2028<0>b", "a\x85<0>b"]
)
def test_no_text_chooses_its_priority(form: logging.Formatter, text: str) -> None:
    """`<n>` at the beginning of a line is ours alone: journald reads it there."""
    record = logging.makeLogRecord({"msg": "%s", "args": (text,), "levelno": logging.INFO})
    (only,) = form.format(record).splitlines()
    assert "\x00" not in only
    assert not only.startswith("<0>")


@pytest.mark.parametrize(
    ("level", "priority"),
    [("DEBUG", 7), ("INFO", 6), ("WARNING", 4), ("ERROR", 3), ("CRITICAL", 2)],
)
def test_journald_is_told_the_priority(level: str, priority: int) -> None:
    """`<n>` before the same JSON."""
    record = logging.makeLogRecord({"levelno": getattr(logging, level), "msg": "x"})
    text = JournalLines().format(record)
    assert text.startswith(f"<{priority}>{{")
    assert json.loads(text[3:])["message"] == "x"


def test_text_for_people_cannot_be_forged() -> None:
    """Neither by a message nor by the words of an error."""
    record = logging.makeLogRecord(
        {"levelname": "INFO", "name": "a", "msg": "x\n12:00 ERROR y\x1b"}
    )
    error = ValueError("one\n12:00:00 INFO    forged")
    record.exc_info = (ValueError, error, None)
    first, *others = PlainText().format(record).split("\n")
    assert first.endswith(r"x\n12:00 ERROR y\x1b")
    assert all(line.startswith("    ") for line in others)


def test_the_journal_is_known_by_its_stream(tmp_path: Path) -> None:
    """JOURNAL_STREAM counts only where it names this very stream; LOG_FORMAT overrules."""
    log = tmp_path / "log"
    found = []
    for form, named in (("auto", True), ("auto", False), ("journal", False), ("text", True)):
        with log.open("w+", encoding="utf-8") as stream:
            stat = os.fstat(stream.fileno())
            name = f"{stat.st_dev}:{stat.st_ino}" if named else "1:2"
            command = [sys.executable, "-c", SCRIPT.replace("'debug'", f"'info', form='{form}'")]
            subprocess.run(command, stderr=stream, check=True, env={"JOURNAL_STREAM": name})
        found.append(log.read_text(encoding="utf-8")[:4])
    assert found[:3] == ["<6>{", '{"ti', "<6>{"]
    assert "{" not in found[3]


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
