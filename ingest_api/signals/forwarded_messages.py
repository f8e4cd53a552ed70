"""GET /forwarded-messages: the messages themselves."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import TupleRow
from starlette.requests import Request
from starlette.responses import Response

from contracts.message import INT64_MAX
from ingest_api.database.statements import Statements
from ingest_api.request.answer import json_response
from ingest_api.request.clock import iso
from ingest_api.request.moment import from_milliseconds
from ingest_api.request.query_string import QueryString

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One message; the first eleven fields are the old API's, in its order.

    `photos` is a string that holds JSON, `message_id` a string; times are ISO with Z.
    """

    id: int
    channel_id: str
    message_id: str
    message_text: str
    original_timestamp: str
    photos: str
    received_at: str
    ts: int
    source_channel_id: str
    source_channel_name: str | None
    forwarded_at: str
    edited_at: str | None
    deleted_at: str | None
    kind: str
    revision: int


class MessagesAnswer(msgspec.Struct, frozen=True):
    """200 of GET /forwarded-messages."""

    data: list[MessageRow]


class ForwardedMessages:
    """The messages' endpoint."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def show(self, request: Request) -> Response:
        """GET /forwarded-messages: newest first. Raises ProblemError, DatabaseUnavailableError."""
        query = QueryString(request.query_params)
        since, until = query.moment("from"), query.moment("to", end_of_day=True)
        parameters = {
            "limit": query.limit(MAX_LIMIT, DEFAULT_LIMIT),
            "channel": query.read("channelId", _channel_id),
            "from": None if since is None else from_milliseconds(since),
            "to": None if until is None else from_milliseconds(until),
        }
        query.close()
        rows = await self._statements.fetch("select_messages", parameters)
        return json_response(MessagesAnswer([_message(row) for row in rows]))


def _channel_id(text: str) -> int:
    number = int(text) if text.isascii() and text.removeprefix("-").isdigit() else 0
    if not 0 < abs(number) <= INT64_MAX:
        raise ValueError("must be a chat id such as -1001234567890")
    return number


def _message(row: TupleRow) -> MessageRow:
    return MessageRow(**dict(zip(MessageRow.__struct_fields__, map(_shown, row), strict=True)))


def _shown(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value
