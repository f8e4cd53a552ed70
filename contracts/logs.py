"""One JSON object a line in a service's log, or plain text on a terminal."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


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
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # half a character (an undecodable file name), or a number over 64 bits
            return json.dumps(line, default=str)


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error): JSON lines, or readable text when it is a terminal."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    plain = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    handler.setFormatter(plain if stream.isatty() else JsonLines())
    # At debug these log the arguments of statements, which are message texts.
    for library in ("aiosqlite", "asyncio"):
        logging.getLogger(library).setLevel(logging.INFO)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
