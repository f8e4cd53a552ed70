"""POST /full-scan: messages that an earlier parser found no signal in, read by today's."""

from typing import Any

import anyio
import msgspec
import psycopg
from psycopg.rows import TupleRow
from starlette.requests import Request
from starlette.responses import Response

from ingest_api.database.database import Connection, Pool, away, borrowed, is_passing
from ingest_api.ingest.delivery import PARSER_VERSION, Row, reading
from ingest_api.ingest.ledger import as_json, record_signals
from ingest_api.request.answer import json_response
from ingest_api.request.form import fields
from ingest_api.sql import QUERIES

_SECONDS = 20.0


class ScanCounts(msgspec.Struct, kw_only=True):
    """Messages read, those that are signals, rows written, those that are none, and failures.

    `complete` is false when there are more than one request may take; the next one goes on.
    """

    scanned: int = 0
    structured: int = 0
    imported: int = 0
    skipped: int = 0
    errors: int = 0
    complete: bool = False


class ScanAnswer(msgspec.Struct, frozen=True):
    """200 of POST /full-scan."""

    success: bool
    message: str
    data: ScanCounts


class Rescan:
    """The endpoint. What was read is marked with today's parser, and never read again by it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self, request: Request) -> Response:
        """POST /full-scan: page by page for at most 20 s. Raises DatabaseUnavailableError."""
        await fields(request)
        counts = ScanCounts()
        try:
            with anyio.move_on_after(_SECONDS):
                while not counts.complete:
                    await self._scan_page(counts)
        except psycopg.Error as error:
            if not is_passing(error):
                raise
            raise away(error) from error
        message = f"{counts.scanned} mensagens lidas, {counts.imported} sinais importados"
        return json_response(ScanAnswer(success=True, message=message, data=counts))

    async def _scan_page(self, counts: ScanCounts) -> None:
        async with borrowed(self._pool) as connection, connection.transaction():
            parameters = {"parser_version": PARSER_VERSION}
            cursor = await connection.execute(QUERIES["select_unread_messages"], parameters)
            rows = [_reading(row) for row in await cursor.fetchall()]
            imported = await _record(connection, rows) if rows else 0
        found = sum(row["kind"] == "signal" for row in rows)
        counts.scanned += len(rows)
        counts.structured += found
        counts.imported += imported
        counts.skipped += len(rows) - found
        counts.complete = not rows


async def _record(connection: Connection, rows: list[Row]) -> int:
    await connection.execute(QUERIES["record_readings"], {"rows": as_json(rows)})
    return len(await record_signals(connection, [row for row in rows if row["kind"] == "signal"]))


def _reading(stored: TupleRow) -> dict[str, Any]:
    """A stored message's columns with what today's parser sees in its text."""
    names = (
        *("channel_id", "message_id", "text", "source", "edited_at"),
        *("version_at", "version_seq", "text_sha256", "payload_sha256"),
    )
    row = dict(zip(names, stored, strict=True))
    for name in ("text_sha256", "payload_sha256"):
        row[name] = f"\\x{row[name].hex()}"
    return row | reading(row["text"])
