"""One line of a component's log, whichever way it comes: journal, compose, or a plain file."""

import json
import re
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from contracts.harmless import harmless

_PRIORITY: Final = re.compile(r"^<[0-7]>")  # for the journal, which takes it off
_ESCAPE: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # compose colours a pipe at times
_COMPOSE: Final = re.compile(r"^(\S+?)\s*\| (\S+Z) (.*)$", re.DOTALL)
_BAD: Final = ("error", "critical", "fatal")
_JOURNAL_LEVELS: Final = ("critical",) * 3 + ("error", "warning", "info", "info", "debug")
# PostgreSQL's and Python's own ways to say how bad it is, on a line that is not JSON.
_LOUD: Final = re.compile(r"\b(FATAL|PANIC|ERROR|CRITICAL)\b|Traceback")
_SHOWN: Final = {"time", "level", "logger", "message", "action", "exception"}


class LogLine(NamedTuple):
    """`at` is in seconds since 1970, None where the line does not tell."""

    component: str
    at: float | None
    level: str
    message: str
    extra: dict[str, Any]

    @property
    def is_bad(self) -> bool:
        """Whether it tells of an error."""
        return self.level in _BAD

    @property
    def when(self) -> datetime | None:
        """The time here; None where the line tells none, or one that no calendar has."""
        try:
            return datetime.fromtimestamp(self.at, UTC).astimezone() if self.at else None
        except (ValueError, OverflowError, OSError):
            return None

    def text(self) -> str:
        """For people: local time, component, level, message and what came with it."""
        when = self.when
        stamp = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03}" if when else " " * 23
        extra = "".join(
            f" {name}={value}" for name, value in self.extra.items() if name not in _SHOWN
        )
        trace = self.extra.get("exception")
        line = f"{stamp} {self.component:8} {self.level:8} {self.message}{extra}"
        # Set in, and the rest on one line: nothing that is told looks like a line of its own.
        tail = [f"    {each}" for each in str(trace).split("\n")] if trace else []
        return "\n".join(map(harmless, (line, *tail)))

    def document(self) -> dict[str, Any]:
        """For programs: the line's own fields, and whose it is."""
        return {"component": self.component, "level": self.level, "message": self.message} | {
            "time": self.when.astimezone(UTC).isoformat() if self.when else None,
            **{k: v for k, v in self.extra.items() if k not in ("level", "message", "time")},
        }


def parse(component: str, form: str, raw: str) -> LogLine | None:
    """A line as its source prints it; None for one that is nobody's."""
    raw = _ESCAPE.sub("", raw)
    if form == "journal":
        return _of_journal(component, raw)
    if form == "compose":
        match = _COMPOSE.match(raw)
        return _of_text(component, match[3], _seconds(match[2])) if match else None
    return _of_text(component, raw, None)


def _of_journal(component: str, raw: str) -> LogLine | None:
    """An entry as journald makes it; anything else is nobody's."""
    try:
        entry = json.loads(raw)
        message = entry.get("MESSAGE")
        if isinstance(message, list):  # bytes that are no UTF-8
            message = bytes(message).decode(errors="replace")
        at = int(entry.get("__REALTIME_TIMESTAMP", 0)) / 1e6
        level = _JOURNAL_LEVELS[int(entry.get("PRIORITY", 6))]
    except (ValueError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError):
        return None
    return _of_text(component, str(message), at, level)


def _of_text(component: str, text: str, at: float | None, level: str | None = None) -> LogLine:
    text = _PRIORITY.sub("", text)
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        level = "error" if _LOUD.search(text) else level or "info"
        return LogLine(component, at, level, text, {})
    told = str(fields.get("level", level or "info")).lower()
    return LogLine(
        component, _seconds(fields.get("time")) or at, told, str(fields.get("message", "")), fields
    )


def _seconds(text: Any) -> float | None:
    try:
        # the engine writes nine digits of a second, Python reads six
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(text))).timestamp()
    except (ValueError, OverflowError):
        return None
