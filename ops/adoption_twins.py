"""Signals of the old tables whose message came later: the message's own signal takes their place.

An import or a backfill after the adoption brings messages that the old tables did not have. Their
signals then stand beside those that were adopted without a message.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from contracts.message import Key, Message
from ingest_api.database import Connection
from ingest_api.delivery import Delivery
from ingest_api.ledger import record_deletions
from ops.adopted_signals import UNKNOWN, free_times, message_keys
from ops.old_table import ADOPT

BATCH = 500
_LOWEST = Key(-(2**63), -(2**63))


async def settle_twins(connection: Connection) -> int:
    """How many twins there were, and are no more. Raises psycopg.Error.

    The made-up message is marked as deleted, the way Telegram's deletions are; the signal of the
    real one gets the times and the source that the old system had. A batch is one transaction.
    """
    settled, after = 0, _LOWEST
    while True:
        given = {"limit": BATCH, **{f"after_{k}": v for k, v in after._asdict().items()}}
        cursor = await connection.execute(ADOPT["select_made_up"], given)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]
        if not rows:
            return settled
        async with connection.transaction():
            settled += await _settle(connection, rows)
        after = Key(rows[-1]["channel_id"], rows[-1]["message_id"])


async def _settle(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    made_up = [Key(row["channel_id"], row["message_id"]) for row in rows]
    asked = [
        (key, row["sent_at"], row["text_sha256"]) for key, row in zip(made_up, rows, strict=True)
    ]
    found = await message_keys(connection, asked)
    twins = [
        (row, old, new)
        for row, old, new in zip(rows, made_up, found, strict=True)
        if new.message_id > 0
    ]
    if twins:
        await record_deletions(connection, [_deletion(row, old) for row, old, _new in twins])
        await _hand_over(connection, [(row, new) for row, _old, new in twins])
        moved = [{**old._asdict(), "real_message_id": new.message_id} for _row, old, new in twins]
        given = {"rows": Jsonb(moved), "unknown": UNKNOWN}
        await connection.execute(ADOPT["note_twins"], given)
    return len(twins)


async def _hand_over(connection: Connection, twins: Sequence[tuple[dict[str, Any], Key]]) -> None:
    """The old system's times and source to the real messages' signals; of two the first's."""
    times = await free_times(connection, [row["ingested_at"] for row, _new in twins])
    signals = {
        new: {
            **new._asdict(),
            "ingested_at": ingested_at.isoformat(),
            "created_at": row["created_at"].isoformat(),
            "source": row["source"],
        }
        for (row, new), ingested_at in reversed(list(zip(twins, times, strict=True)))
    }
    await connection.execute(ADOPT["adopt_signal_times"], {"rows": Jsonb(list(signals.values()))})


def _deletion(row: dict[str, Any], key: Key) -> Delivery:
    return Delivery.of(
        Message(**key._asdict(), text="", timestamp=row["sent_at"], deleted_at=datetime.now(UTC))
    )
