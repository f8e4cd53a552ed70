"""The account of an adoption: one entry an old row, written with what became of the row."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from psycopg.types.json import Jsonb

from contracts.message import Key
from ingest_api.database import Connection
from ops.old_row import Row, SetAside
from ops.old_table import ADOPT, OldTable

T = TypeVar("T")
Fate = Literal["kept", "merged", "set_aside"]


class Entry(NamedTuple):
    """What became of one row; `key` is the message that it is now or is a duplicate of."""

    row: Row
    fate: Fate
    reason: str
    key: Key | None = None


def read_rows(
    rows: Sequence[Row], read: Callable[[Row], T | SetAside]
) -> tuple[list[tuple[Row, T]], list[Entry]]:
    """The rows with what `read` makes of them, and an entry for each that it sets aside."""
    taken: list[tuple[Row, T]] = []
    entries: list[Entry] = []
    for row in rows:
        found = read(row)
        if isinstance(found, SetAside):
            entries.append(Entry(row, "set_aside", found.reason))
        else:
            taken.append((row, found))
    return taken, entries


async def unknown(connection: Connection, table: OldTable, rows: Sequence[Row]) -> list[Row]:
    """Those of the rows that are not accounted for yet."""
    given = {"source": table.label, "keys": [row["_row_key"] for row in rows]}
    found = await (await connection.execute(ADOPT["select_known_rows"], given)).fetchall()
    known = {row[0] for row in found}
    return [row for row in rows if row["_row_key"] not in known]


async def note(connection: Connection, table: OldTable, entries: Sequence[Entry]) -> None:
    """Account for rows, in the transaction that takes them over."""
    rows = [_noted(table, entry) for entry in entries]
    given = {"source": table.label, "kind": table.kind, "rows": Jsonb(rows)}
    await connection.execute(ADOPT["note_rows"], given)


def _noted(table: OldTable, entry: Entry) -> dict[str, Any]:
    # A bot's row holds its token, which shall be nowhere else.
    keep = entry.fate == "set_aside" and table.kind != "bots"
    return {
        "row_key": entry.row["_row_key"],
        "fate": entry.fate,
        "reason": entry.reason,
        "channel_id": entry.key.channel_id if entry.key else None,
        "message_id": entry.key.message_id if entry.key else None,
        "old_row": {k: v for k, v in entry.row.items() if k != "_row_key"} if keep else None,
    }


async def totals(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """By old table: how many rows went which way, and why."""
    found: dict[str, list[dict[str, Any]]] = {}
    for source, fate, reason, rows in await (
        await connection.execute(ADOPT["select_account"])
    ).fetchall():
        found.setdefault(source, []).append({"fate": fate, "reason": reason, "rows": rows})
    return found
