"""The old gateway's own table of messages, written as the lines of its failure queue."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click
import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from contracts.queries import load
from ops.db.db import connected, database_settings, told

_QUERIES: Final = load("ops.adopt", "adopt.sql")
_TIMES: Final = ("telegram_date", "received_at", "created_at")


def write_messages(dsn: str, table: str, path: Path) -> int:
    """Write all messages that were not deleted there, oldest first, a line each; returns how many.

    The table may have any of the shapes that the old gateway gave it. The file has mode 0600.
    Raises click.ClickException when the database or the table cannot be read.
    """
    schema, _, name = table.rpartition(".")
    place = sql.Identifier(schema or "public", name)
    with (
        told(),
        connected(database_settings(dsn)) as connection,
        connection.transaction(),
        connection.cursor("old_messages") as cursor,
    ):
        try:
            cursor.execute(sql.SQL(_QUERIES["read_old_gateway"]).format(table=place))
        except psycopg.errors.UndefinedTable as error:
            raise click.ClickException(
                f"the old gateway's database has no table {table}; name it with --old-table"
            ) from error
        return _write(cursor, path)


def _write(rows: Iterable[DictRow], path: Path) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        count = 0
        for count, row in enumerate(rows, 1):  # noqa: B007  # the number is the result
            stream.write(json.dumps(_payload(row["message"])) + "\n")
        return count


def _payload(row: dict[str, Any]) -> dict[str, Any]:
    """The payload that the old gateway would have posted."""
    return {
        "channelId": row.get("channel_id"),
        "messageId": row.get("message_id"),
        "text": row.get("text"),
        "caption": row.get("caption"),
        "timestamp": next((value for name in _TIMES if (value := row.get(name))), None),
        "receivedAt": row.get("received_at"),
        "mediaType": row.get("media_type"),
    }
