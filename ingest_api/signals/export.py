"""GET /signals.csv and /signals.json: what is filtered, as a file."""

import csv
import re
from collections.abc import AsyncIterator
from datetime import datetime
from io import StringIO
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ingest_api.request.moment import B3, from_milliseconds
from ingest_api.request.query_string import QueryString
from ingest_api.signals.catalog import MAX_LIMIT, Catalog, Cursor, SignalFilter, SignalRow
from ingest_api.signals.signals import signal_filter

MAX_ROWS = 50_000
_COLUMNS = (
    *("id", "sent_at", "channel", "channel_label", "signal_type", "asset", "direction"),
    *("buy_min", "buy_max", "target_1", "target_2", "target_final", "stop", "targets"),
    *("valid_until", "status", "revision", "edited_at", "message_id", "source", "raw_message"),
)
_NUMBERS = frozenset(
    {"buy_min", "buy_max", "target_1", "target_2", "target_final", "stop", "targets"}
)
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
# Blanks before it do not help; the last four are what some programs take for the first.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the text for Latin-1
_encoder = msgspec.json.Encoder()


class Export:
    """The endpoints of files; the filters are those of GET /signals."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def csv(self, request: Request) -> Response:
        """Comma-separated; for `locale=pt-BR` with semicolons and decimal commas, as Excel there.

        Raises ProblemError 400, DatabaseUnavailableError.
        """
        query = QueryString(request.query_params)
        brazilian = query.read("locale", _is_brazilian) or False
        query.close()
        pages = self._pages(signal_filter(request.query_params))
        first = await anext(pages)

        async def lines() -> AsyncIterator[str]:
            yield _BYTE_ORDER_MARK + _lines([list(_COLUMNS)], brazilian=brazilian)
            yield _rows(first, brazilian=brazilian)
            async for page in pages:
                yield _rows(page, brazilian=brazilian)

        return _file(lines(), "text/csv; charset=utf-8", "signals.csv")

    async def json(self, request: Request) -> Response:
        """The rows of GET /signals. Raises ProblemError 400, DatabaseUnavailableError."""
        pages = self._pages(signal_filter(request.query_params))
        first = await anext(pages)

        async def parts() -> AsyncIterator[bytes]:
            yield b"[" + b",\n".join(map(_encoder.encode, first))
            async for page in pages:
                yield b"".join(b",\n" + _encoder.encode(row) for row in page)
            yield b"]\n"

        return _file(parts(), "application/json", "signals.json")

    async def _pages(self, wanted: SignalFilter) -> AsyncIterator[list[SignalRow]]:
        """At least one page, and MAX_ROWS rows at most."""
        left = min(wanted.limit, MAX_ROWS) if wanted.limit < MAX_LIMIT else MAX_ROWS
        while True:
            limit = min(left, MAX_LIMIT)
            page = await self._catalog.signals(msgspec.structs.replace(wanted, limit=limit))
            yield page
            left -= len(page)
            if len(page) < limit or not left:
                return
            wanted = msgspec.structs.replace(wanted, after=Cursor(page[-1].ts, page[-1].id))


def _is_brazilian(text: str) -> bool:
    if text not in {"pt-BR", "en"}:
        raise ValueError("must be pt-BR or en")
    return text == "pt-BR"


def _file(body: AsyncIterator[Any], media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "content-type": media_type}
    return StreamingResponse(body, headers=headers)


def _rows(page: list[SignalRow], *, brazilian: bool) -> str:
    return _lines([_cells(row, brazilian=brazilian) for row in page], brazilian=brazilian)


def _lines(rows: list[list[str]], *, brazilian: bool) -> str:
    out = StringIO()
    csv.writer(out, delimiter=";" if brazilian else ",").writerows(rows)
    return out.getvalue()


def _cells(row: SignalRow, *, brazilian: bool) -> list[str]:
    known: dict[str, Any] = msgspec.structs.asdict(row)
    known["sent_at"] = _local(from_milliseconds(row.ts))
    known["targets"] = " ".join(row.targets)
    cells = []
    for name in _COLUMNS:
        text = "" if known[name] is None else str(known[name])
        cells.append(text.replace(".", ",") if brazilian and name in _NUMBERS else harmless(text))
    return cells


def _local(moment: datetime) -> str:
    return moment.astimezone(B3).isoformat(sep=" ", timespec="seconds")[:19]


def harmless(text: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would take for a formula.

    >>> harmless("=1+1"), harmless("-1001234567890"), harmless("PETR4")
    ("'=1+1", '-1001234567890', 'PETR4')
    """
    if _PLAIN_NUMBER.fullmatch(text) or not _FORMULA.match(text):
        return text
    return f"'{text}"
