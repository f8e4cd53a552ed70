"""A service's log: one JSON object a line, with a priority for journald, or text on a terminal."""

import json
import logging
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TextIO

import orjson
from msgspec import Meta

from contracts.harmless import harmless

Level = Annotated[
    str,
    Meta(
        pattern="^(?i:debug|info|warning|error)$",
        description="the least level that is logged",
    ),
]
Format = Literal["auto", "json", "journal", "text"]

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# What JSON leaves as it is, and yet steers a terminal or ends a line for some readers.
_UNESCAPED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# syslog's numbers: journald takes `<3>` off the line and makes it the entry's priority.
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG_PRIORITY = 7


def extra_of(record: logging.LogRecord) -> dict[str, Any]:
    """What came in `extra`."""
    return {k: v for k, v in record.__dict__.items() if k not in _STANDARD}


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and whatever came in `extra`. A newline cannot forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= extra_of(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            text = orjson.dumps(line, default=str).decode()
        except TypeError:  # half a character (an undecodable file name), or a number over 64 bits
            text = json.dumps(line, default=str)
        return _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class JournalLines(JsonLines):
    """The same behind `<n>`, so that `journalctl -p err` finds errors and `-o cat` is JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line for journald."""
        return f"<{_priority(record.levelno)}>{super().format(record)}"


class PlainText(logging.Formatter):
    """Time of day, level, logger, message; what could steer the terminal is made visible."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        """The line, which stays one."""
        return harmless(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's own name
        """The traceback, set in: no line of it can be taken for one of the log."""
        return "\n".join(
            f"    {harmless(line)}" for line in super().formatException(ei).split("\n")
        )


def configure(
    level: str = "INFO",
    stream: TextIO | None = None,
    form: Format = "auto",
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Log to `stream` (standard error).

    `auto` is text on a terminal, JSON with priorities where journald listens (JOURNAL_STREAM names
    the stream), else plain JSON lines.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(stream, form, environ))
    # At debug these log the arguments of statements, which are message texts.
    for library in ("aiosqlite", "asyncio"):
        logging.getLogger(library).setLevel(logging.INFO)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _formatter(stream: TextIO, form: Format, environ: Mapping[str, str]) -> logging.Formatter:
    if form == "text" or (form == "auto" and stream.isatty()):
        return PlainText()
    if form == "journal" or (form == "auto" and _is_journal(stream, environ)):
        return JournalLines()
    return JsonLines()


def _is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is the one that systemd connected to the journal, not a copy's name."""
    try:
        stat = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{stat.st_dev}:{stat.st_ino}"


def _priority(level: int) -> int:
    return next((number for least, number in _PRIORITIES if level >= least), _DEBUG_PRIORITY)
