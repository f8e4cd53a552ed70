"""Old messages into the ledger, through the very statements that deliveries go through."""

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from ingest_api.database import Connection
from ingest_api.delivery import Delivery
from ingest_api.ledger import Recorded, record_known, record_new
from ops.adoption_account import Entry, Fate, read_rows
from ops.old_row import Channels, Row, message_of
from ops.old_table import ADOPT


async def adopt_messages(
    connection: Connection, rows: Sequence[Row], channels: Channels
) -> list[Entry]:
    """Take messages over, in the caller's transaction. Raises psycopg.Error."""
    taken, entries = read_rows(rows, lambda row: message_of(row, channels))
    deliveries = [Delivery.of(found.message) for _row, found in taken]
    recorded = await record(connection, deliveries)
    for (row, found), each in zip(taken, recorded, strict=True):
        fate, reason = _fate(each, found.reason)
        entries.append(Entry(row, fate, reason, found.message.key))
    times = [
        {**found.message.key._asdict(), "seen_at": found.seen_at.isoformat()}
        for _row, found in taken
        if found.seen_at
    ]
    await connection.execute(ADOPT["adopt_message_times"], {"rows": Jsonb(_earliest(times))})
    return entries


async def record(connection: Connection, deliveries: list[Delivery]) -> list[Recorded]:
    """Record deliveries as the API does, in the caller's transaction; one result each."""
    if not deliveries:
        return []
    first = (await record_new(connection, deliveries)).recorded
    known = [each for each, result in zip(deliveries, first, strict=True) if result is None]
    later = iter((await record_known(connection, known)).recorded if known else ())
    results = [next(later) if result is None else result for result in first]
    return [result for result in results if result is not None]


def _fate(recorded: Recorded, reason: str) -> tuple[Fate, str]:
    if recorded.outcome == "created":
        return "kept", reason
    if recorded.stored:
        return "kept", "another text of a message"
    return "merged", "a duplicate of a message"


def _earliest(times: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each message the earliest time: an update takes any one of several."""
    ordered = sorted(times, key=lambda each: each["seen_at"], reverse=True)
    return list({(each["channel_id"], each["message_id"]): each for each in ordered}.values())
