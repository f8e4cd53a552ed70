"""What holds for every message and every text."""

import unicodedata

from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.message import Key, Message, Origin, text_digest
from tests.contracts.strategies import chat_ids, message_ids, messages, texts, times

blanks = st.text(st.sampled_from(" \t\n\r\u00a0\u2003"), max_size=4)


@given(text=texts, before=blanks, after=blanks, form=st.sampled_from(["NFC", "NFD"]))
def test_composition_and_blanks_at_the_ends_do_not_change_a_digest(
    text: str, before: str, after: str, form: str
) -> None:
    """What differs between sources and not for a reader is one text."""
    shown = before + unicodedata.normalize(form, text) + after  # type: ignore[arg-type]  # two of its words
    assert text_digest(shown) == text_digest(text)
    assert len(text_digest(text)) == 32


@given(one=texts, other=texts)
def test_other_words_have_another_digest(one: str, other: str) -> None:
    """An edit that a reader can see is never taken for the same text."""
    assume(unicodedata.normalize("NFC", one).strip() != unicodedata.normalize("NFC", other).strip())
    assert text_digest(one) != text_digest(other)


@given(message=messages, channel=chat_ids, number=message_ids, sent=times)
def test_a_copy_is_the_original(message: Message, channel: int, number: int, sent: object) -> None:
    """With both ids of the origin known, key and send time are the origin's."""
    origin = Origin(channel_id=channel, message_id=number, timestamp=sent)  # type: ignore[arg-type]  # from `times`
    copy = Message(
        channel_id=message.channel_id,
        message_id=message.message_id,
        text=message.text,
        timestamp=message.timestamp,
        origin=origin,
    )
    assert copy.key == Key(channel, number)
    assert copy.sent_at == copy.version_at == sent


@given(message=messages)
def test_a_version_is_never_naive(message: Message) -> None:
    """Times that are compared are UTC, whatever offset they came with."""
    assert message.version_at.utcoffset() == message.sent_at.utcoffset()
    assert message.version_at == (message.edited_at or message.sent_at)
