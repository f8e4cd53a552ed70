"""Old registered channels and bots into the tables of the same names."""

import hashlib
from collections.abc import Sequence

import psycopg

from ingest_api.database.database import Connection
from ops.adopt.adoption_account import Entry
from ops.adopt.old_row import Row
from ops.adopt.old_table import ADOPT

_LAST = 4
_COLUMNS = {
    "channels": (
        *("id", "label", "channel_id", "channel_type", "description", "status"),
        *("signal_count", "last_signal", "created_at", "updated_at"),
    ),
    "bots": (*("id", "username", "bot_type", "description", "status", "created_at", "updated_at"),),
}


async def adopt_channels(connection: Connection, rows: Sequence[Row]) -> list[Entry]:
    """Take registered channels over, in the caller's transaction. Raises psycopg.Error."""
    return [
        await _insert(connection, row, "adopt_channel", _values(row, "channels")) for row in rows
    ]


async def adopt_bots(connection: Connection, rows: Sequence[Row]) -> list[Entry]:
    """Take registered bots over without their tokens, in the caller's transaction.

    Of a token stay the fingerprint and the last four characters. Raises psycopg.Error.
    """
    entries = []
    for row in rows:
        token = row.get("token") or ""
        if len(token) < _LAST:
            entries.append(Entry(row, "set_aside", "it has no token"))
            continue
        values = _values(row, "bots") | {
            "token_fingerprint": hashlib.sha256(token.encode()).hexdigest()[:16],
            "token_last4": token[-_LAST:],
        }
        entries.append(await _insert(connection, row, "adopt_bot", values))
    return entries


def _values(row: Row, kind: str) -> dict[str, str | None]:
    return {name: row.get(name) for name in _COLUMNS[kind]}


async def _insert(
    connection: Connection, row: Row, name: str, values: dict[str, str | None]
) -> Entry:
    try:
        async with connection.transaction():
            cursor = await connection.execute(ADOPT[name], values)
            fresh = await cursor.fetchone() is not None
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        return Entry(row, "set_aside", f"the new table refuses it: {error.diag.message_primary}")
    if fresh:
        return Entry(row, "kept", "as it was")
    return Entry(row, "merged", "its id is registered already")
