"""Deletions that came too many at once to be believed, until an operator decides about them.

A channel that is emptied by mistake (or by a thief) must not empty ours too: more deletions at a
time than MAX_DELETIONS are held here, and nothing is changed until a person says so.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from contracts.message import Message
from gateway_outbox.outbox.outbox import Along, Outbox


def tombstone(
    channel_id: int, message_id: int, deleted_at: datetime, sent_at: datetime | None = None
) -> Message:
    """The deletion of a message; `sent_at` is the message's send time where it is still known."""
    return Message(
        channel_id=channel_id,
        message_id=message_id,
        text="",
        timestamp=sent_at or deleted_at,
        deleted_at=deleted_at,
    )


def held_rows(channel_id: int, message_ids: Iterable[int]) -> Along:
    """What holds these deletions, for the transaction that moves the cursor past them."""
    now_ms = time.time_ns() // 1_000_000
    rows = [(channel_id, message_id, now_ms) for message_id in message_ids]
    return [("hold_deletion", rows)] if rows else []


async def apply_held(outbox: Outbox, channel_id: int) -> int:
    """Take over a channel's held deletions as tombstones; returns how many were held.

    Tombstones and their leaving this table are one transaction. What is held meanwhile stays held.
    """
    held = await outbox.read("held_of_channel", (channel_id,))
    if not held:
        return 0
    tombstones = [
        tombstone(channel_id, message_id, _time(held_ms), sent and datetime.fromisoformat(sent))
        for message_id, held_ms, sent in held
    ]
    forgotten = [(channel_id, message_id) for message_id, _, _ in held]
    await outbox.append(tombstones, "user", [("forget_held", forgotten)])
    return len(held)


async def dismiss_held(outbox: Outbox, channel_id: int) -> int:
    """Keep the messages whose deletion is held; returns how many there were."""
    held = await outbox.read("held_of_channel", (channel_id,))
    return await outbox.write("forget_held", [(channel_id, row[0]) for row in held])


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
