"""GET /malformed: texts that looked like signals and could not be read."""

import re
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ingest_api.database.statements import Statements
from ingest_api.request.answer import json_response
from ingest_api.request.clock import iso
from ingest_api.request.moment import from_microseconds
from ingest_api.request.query_string import QueryString

MAX_LIMIT = 200
DEFAULT_LIMIT = 20


class UnreadText(msgspec.Struct, frozen=True, kw_only=True):
    """One text; `reason` is a sentence for the operator, `cursor` continues after this row."""

    channel: str
    message_id: int
    channel_label: str | None
    sent_at: str
    text: str
    reason: str | None
    parser_version: int
    cursor: str


class UnreadTextsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """200 of GET /malformed, newest first. `cursor` is null when that was all."""

    data: list[UnreadText]
    cursor: str | None


class _Place(NamedTuple):
    at: datetime
    id: int


class UnreadTexts:
    """The endpoint of the texts that could not be read."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def list(self, request: Request) -> Response:
        """Newest first. Raises ProblemError 400, DatabaseUnavailableError."""
        query = QueryString(request.query_params)
        limit = query.limit(MAX_LIMIT, DEFAULT_LIMIT)
        after = query.read("cursor", _place)
        query.close()
        parameters = {
            "limit": limit,
            "before_at": after and after.at,
            "before_id": after and after.id,
        }
        rows = await self._statements.fetch("select_malformed", parameters)
        texts = [_text(row) for row in rows]
        cursor = texts[-1].cursor if len(texts) == limit else None
        return json_response(UnreadTextsAnswer(data=texts, cursor=cursor))


def _place(text: str) -> _Place:
    found = re.fullmatch(r"([0-9]{1,16})\.([0-9]{1,18})", text)
    if found is None:
        raise ValueError("must be the cursor of a row, as it was sent")
    return _Place(from_microseconds(int(found[1])), int(found[2]))


def _text(row: tuple[Any, ...]) -> UnreadText:
    fields = dict(zip(UnreadText.__struct_fields__, row, strict=True))
    return UnreadText(**fields | {"sent_at": iso(fields["sent_at"])})
