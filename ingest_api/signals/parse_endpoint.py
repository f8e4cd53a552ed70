"""POST /parse: try the parser on a text; nothing is stored."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from contracts.message import MAX_TEXT_BYTES
from ingest_api.request.answer import json_response
from ingest_api.request.form import convert, fields, invalid
from ingest_api.signals.understood import understood


class TextToParse(msgspec.Struct, frozen=True):
    """The body of POST /parse."""

    text: Annotated[str, msgspec.Meta(max_length=MAX_TEXT_BYTES)]


async def parse_text(request: Request) -> Response:
    """What the parser understands. Raises ProblemError 400 or 413."""
    text = convert(await fields(request), TextToParse).text
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise invalid("text", f"is longer than {MAX_TEXT_BYTES} bytes, as no message can be")
    return json_response(understood(text))
