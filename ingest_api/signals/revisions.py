"""GET /messages/{channel}/{message}/revisions: every text that a message ever had."""

import re
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from contracts import problem
from contracts.message import INT64_MAX
from ingest_api.database.statements import Statements
from ingest_api.request.answer import ProblemError, json_response
from ingest_api.request.clock import iso
from ingest_api.signals.understood import Understood, understood


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One text, and what today's parser understands of it.

    `since` is when it became the message's text, `seen_at` when it was stored here; `current` is
    true for the text that the message has now.
    """

    number: int
    text: str
    since: str
    seen_at: str
    current: bool
    understood: Understood


class RevisionsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """200 of GET /messages/{channel}/{message}/revisions, the first text first."""

    data: list[Revision]
    deleted_at: str | None


class Revisions:
    """The endpoint of a message's texts."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def list(self, request: Request) -> Response:
        """Every text. Raises ProblemError 404, DatabaseUnavailableError."""
        channel, message = request.path_params["channel"], request.path_params["message"]
        key = {"channel_id": _number(channel), "message_id": _number(message)}
        rows = []
        if None not in key.values():
            rows = await self._statements.fetch("select_revisions", key)
        if not rows:
            raise ProblemError(
                problem.NOT_FOUND,
                f"there is no message {message[:40]} of channel {channel[:40]};"
                " GET /forwarded-messages lists them",
            )
        texts = [_revision(number, row) for number, row in enumerate(rows, 1)]
        deleted_at: datetime | None = rows[0][4]
        return json_response(
            RevisionsAnswer(data=texts, deleted_at=iso(deleted_at) if deleted_at else None)
        )


def _revision(number: int, row: tuple[Any, ...]) -> Revision:
    text, since, seen_at, current, _ = row
    return Revision(
        number=number,
        text=text,
        since=iso(since),
        seen_at=iso(seen_at),
        current=current,
        understood=understood(text),
    )


def _number(text: str) -> int | None:
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or abs(int(text)) > INT64_MAX:
        return None
    return int(text)
