"""A message and its identity."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.message import INT64_MAX, Key, Message, Origin, text_digest
from tests.messages import CHANNEL, SENT, message

SAO_PAULO = timezone(timedelta(hours=-3))


def forwarded(**origin: object) -> Message:
    """A copy of a message of another channel."""
    return Message(
        channel_id=CHANNEL,
        message_id=9,
        text="x",
        timestamp=SENT,
        origin=Origin(**origin),  # type: ignore[arg-type]  # the test's own words
    )


def test_a_channel_s_id_as_text_is_its_number() -> None:
    """The old gateway sends strings."""
    assert Message(channel_id="-100", message_id=1, text="", timestamp=SENT).channel_id == -100  # type: ignore[arg-type]  # as it comes in
    assert Origin(channel_id="7").channel_id == 7  # type: ignore[arg-type]  # as it comes in


def test_a_copy_with_a_known_origin_is_the_original() -> None:
    """Key and send time are the original's."""
    earlier = SENT - timedelta(days=1)
    copy = forwarded(channel_id=-1005, message_id=3, timestamp=earlier)
    assert copy.key == Key(-1005, 3)
    assert (copy.sent_at, copy.version_at) == (earlier, earlier)


@pytest.mark.parametrize("origin", [{"name": "Mesa"}, {"channel_id": -1005}, {"message_id": 3}])
def test_half_an_origin_is_information_only(origin: dict[str, object]) -> None:
    """The copy is then a message of its own."""
    assert forwarded(**origin).key == Key(CHANNEL, 9)


def test_an_edit_has_its_own_time() -> None:
    """`version_at` is when this text became the text."""
    assert message(1).version_at == message(1).timestamp
    assert message(1, edited=60).version_at == message(1).timestamp + timedelta(seconds=60)
    assert message(1, edited=60).sent_at == message(1).timestamp


def test_times_are_given_in_utc() -> None:
    """Whatever offset they came with."""
    local = datetime(2026, 11, 16, 10, 30, tzinfo=SAO_PAULO)
    sent = Message(channel_id=1, message_id=1, text="", timestamp=local, edited_at=local)
    assert (sent.sent_at, sent.sent_at.tzinfo) == (SENT, UTC)
    assert sent.version_at.tzinfo is UTC


@given(st.text())
def test_the_digest_is_of_the_canonical_text(text: str) -> None:
    """Composition and outer blanks do not count, everything else does."""
    assert len(text_digest(text)) == 32
    assert text_digest(f"\n {text} ") == text_digest(text)
    assert text_digest(unicodedata.normalize("NFD", text)) == text_digest(
        unicodedata.normalize("NFC", text)
    )
    assert text_digest(text + "x") != text_digest(text + "y")


def test_ids_reach_to_64_bits() -> None:
    """Telegram's do."""
    assert message(INT64_MAX % 2**31).message_id > 0
