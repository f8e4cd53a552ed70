"""The last lines of this process's log, and GET /logs, which shows them."""

import logging
from collections import deque
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response

from contracts.logs import extra_of
from contracts.secret import Secret
from ingest_api.request.answer import json_response
from ingest_api.request.clock import iso
from ingest_api.request.query_string import QueryString

_LEVELS = {"warning": "warn", "critical": "fatal"}
_HIDDEN = "***"
_MOST = 10_000


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line; `level` is fatal, error, warn, info or debug, `context` its other fields."""

    timestamp: str
    level: str
    message: str
    context: dict[str, Any] | None


class LogsAnswer(msgspec.Struct, frozen=True):
    """200 of GET /logs."""

    data: list[LogLine]


class LogRing(logging.Handler):
    """Keeps the last `size` lines of the log. `secrets` never show, whoever logs them.

    Tracebacks are left to the log itself: they tell of the machine, and this list is public.
    """

    def __init__(self, size: int, secrets: Collection[Secret]) -> None:
        super().__init__()
        self._lines: deque[LogLine] = deque(maxlen=size)
        self._secrets = [secret.reveal() for secret in secrets if secret]

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        context = extra_of(record)
        if record.exc_info and record.exc_info[1]:
            context["error"] = type(record.exc_info[1]).__name__
        level = record.levelname.lower()
        self._lines.append(
            LogLine(
                timestamp=iso(datetime.fromtimestamp(record.created, UTC)),
                level=_LEVELS.get(level, level),
                message=self._clean(record.getMessage()),
                context=self._plain(context) or None,
            )
        )

    async def show(self, request: Request) -> Response:
        """GET /logs: the newest first. Raises ProblemError for a wrong parameter."""
        query = QueryString(request.query_params)
        limit = query.limit(_MOST, _MOST)
        level = query.text("level", 20)
        query.close()
        lines = [
            line for line in reversed(self._lines) if level is None or line.level == level.lower()
        ]
        return json_response(LogsAnswer(lines[:limit]))

    def _plain(self, context: dict[str, Any]) -> dict[str, Any]:
        """The fields as JSON knows them."""
        try:
            text = orjson.dumps(context, default=str).decode()
        except TypeError:  # half a character, or a number over 64 bits
            text = orjson.dumps({name: repr(value) for name, value in context.items()}).decode()
        found: dict[str, Any] = orjson.loads(self._clean(text))
        return found

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text.encode("utf-8", "replace").decode()
