"""Messages built by hand keep the contract or are refused before they are sent."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts import wire
from contracts.errors import ContractError
from contracts.message import MAX_TEXT_BYTES, Message

SENT = datetime(2025, 11, 10, 13, tzinfo=UTC)


def test_a_good_message_passes() -> None:
    """A text of exactly 16 KiB is one."""
    wire.check(Message(channel_id=-1001, message_id=1, text="x" * MAX_TEXT_BYTES, timestamp=SENT))


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (Message(channel_id=0, message_id=1, text="", timestamp=SENT), "$.channelId"),
        (Message(channel_id=-1, message_id=0, text="", timestamp=SENT), "$.messageId"),
        (Message(channel_id=-1, message_id=1, text="a\x00", timestamp=SENT), "$.text"),
        (Message(channel_id=-1, message_id=1, text="\ud800", timestamp=SENT), "$"),
        (
            Message(channel_id=-1, message_id=1, text="", timestamp=SENT - timedelta(days=20_000)),
            "$.timestamp",
        ),
        (
            Message(channel_id=-1, message_id=1, text="", timestamp=SENT, photos=["x" * 140_000]),
            "$",
        ),
    ],
)
def test_a_message_the_api_would_refuse_is_refused_here(message: Message, path: str) -> None:
    """With the path that the API would have told."""
    with pytest.raises(ContractError) as caught:
        wire.check(message)
    assert caught.value.path == path
