"""Messages for tests: plain, numbered, valid."""

from datetime import UTC, datetime, timedelta

from contracts.message import Message

CHANNEL = -1001234567890
SENT = datetime(2026, 11, 16, 13, 30, tzinfo=UTC)
TOKEN = "f3a9c1e07b5d42688e1f0c9ab7d6e5f4"


def message(
    number: int, text: str | None = None, *, channel: int = CHANNEL, edited: int | None = None
) -> Message:
    """Message `number` of a channel; `edited` is the edit's second after the sending."""
    return Message(
        channel_id=channel,
        message_id=number,
        text=f"mensagem {number}" if text is None else text,
        timestamp=SENT + timedelta(seconds=number),
        edited_at=None if edited is None else SENT + timedelta(seconds=number + edited),
    )


def messages(count: int, *, channels: int = 1) -> list[Message]:
    """`count` messages dealt in turn to so many channels, each numbered from 1 in its channel."""
    return [
        message(number // channels + 1, channel=CHANNEL - number % channels)
        for number in range(count)
    ]
