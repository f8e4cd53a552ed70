"""A message as a row of the outbox: the values of the statement `append`, in its order."""

import hashlib
import os
import time
from datetime import UTC, datetime

import msgspec

from contracts import wire
from contracts.message import Message, text_digest

ORIGINAL, DELETION = 0, -1


def row_of(message: Message, source: str) -> tuple[object, ...]:
    """The row; receipt time, trace and source are filled in where the message has none."""
    if message.received_at is None or message.traceparent is None:
        message = msgspec.structs.replace(
            message,
            received_at=message.received_at or datetime.now(UTC),
            traceparent=message.traceparent
            or f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01",
            source=message.source or source,
        )
    payload = wire.encode(message)
    return (
        message.channel_id,
        message.message_id,
        revision_of(message),
        text_digest(message.text),
        source,
        payload,
        hashlib.sha256(payload).digest(),
        time.time_ns() // 1_000_000,
    )


def revision_of(message: Message) -> int:
    """The edit's time, ms since 1970; 0 for a message as first sent, -1 for its deletion."""
    if message.deleted_at is not None:
        return DELETION
    return int(message.edited_at.timestamp() * 1000) if message.edited_at else ORIGINAL
