"""What comes later of a message of the state machine: its edits and its deletion."""

from datetime import UTC, datetime, timedelta

import msgspec

from contracts.message import Message
from gateway_outbox.outbox.held_deletions import tombstone

SENT = datetime(2026, 11, 16, 13, 30, tzinfo=UTC)
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


def edited_as(message: Message, text: str, edited: datetime) -> Message:
    """The message with another text since then."""
    return msgspec.structs.replace(message, text=text, edited_at=edited)


def deletion_of(message: Message, seconds: int) -> Message:
    """Noticed so long after; a gateway that does not know the send time puts that in its place."""
    noticed = message.timestamp + timedelta(seconds=seconds)
    sent_at = message.timestamp if seconds > 1 else None
    found = tombstone(message.channel_id, message.message_id, noticed, sent_at)
    return msgspec.structs.replace(found, source="user", received_at=SENT, traceparent=TRACE)
