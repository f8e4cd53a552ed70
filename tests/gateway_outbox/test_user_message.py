"""Telethon's messages as the contract has them."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

from contracts import wire
from contracts.message import MAX_TEXT_BYTES, Origin
from gateway_outbox.untrusted import UnreadableError
from gateway_outbox.user_message import raw, read_message

SENT = datetime(2026, 11, 16, 13, 30, tzinfo=UTC)
PEER = types.PeerChannel(1234567890)
NONE_KNOWN = types.DocumentEmpty(1)


def item(number: int = 7, text: str = "COMPRA PETR4", **fields: Any) -> dict[str, Any]:
    """A channel post as Telethon gives it."""
    found = types.Message(id=number, peer_id=PEER, date=SENT, message=text, **fields).to_dict()
    assert isinstance(found, dict)
    return found


def media_type(media: object) -> str | None:
    """The word for a medium."""
    message = read_message(item(media=media))
    assert message is not None
    return message.media_type


def document(*attributes: object) -> types.MessageMediaDocument:
    """A document with these attributes."""
    return types.MessageMediaDocument(
        document=types.Document(1, 2, b"", SENT, "video/mp4", 3, 2, list(attributes))
    )


def test_a_post() -> None:
    """Marked channel id, number, plain text, send time."""
    message = read_message(item())
    assert message is not None
    assert message.key == (-1001234567890, 7)
    assert (message.text, message.timestamp) == ("COMPRA PETR4", SENT)
    assert (message.edited_at, message.media_type, message.photos) == (None, None, [])


def test_a_basic_group_has_the_short_mark() -> None:
    """-100 is for channels alone."""
    group = types.Message(1, types.PeerChat(4321), SENT, "x").to_dict()
    message = read_message(group)
    assert message is not None
    assert message.channel_id == -4321


@pytest.mark.parametrize(
    "nothing",
    [
        types.MessageEmpty(7, PEER),
        types.MessageService(7, PEER, SENT, types.MessageActionPinMessage()),
        types.Message(7, types.PeerUser(5), SENT, "private"),
    ],
)
def test_what_is_no_message_of_a_channel(nothing: types.Message) -> None:
    """Service messages, empty ones and private chats are none."""
    assert read_message(nothing.to_dict()) is None


def test_an_edit_that_readers_see() -> None:
    """`edit_hide` marks a change of views, reactions or buttons: no edit."""
    later = SENT + timedelta(seconds=90)
    seen = read_message(item(edit_date=later))
    hidden = read_message(item(edit_date=later, edit_hide=True))
    assert seen is not None
    assert hidden is not None
    assert (seen.edited_at, hidden.edited_at) == (later, None)


def test_times_become_utc() -> None:
    """Whatever zone they came in."""
    there = SENT.astimezone(timezone(timedelta(hours=-3)))
    assert read_message({**item(), "date": there}) == read_message(item())


@pytest.mark.parametrize(
    ("media", "word"),
    [
        (types.MessageMediaPhoto(photo=types.PhotoEmpty(1)), "photo"),
        (document(types.DocumentAttributeVideo(1.0, 2, 3)), "video"),
        (document(types.DocumentAttributeVideo(1.0, 2, 3, round_message=True)), "video_note"),
        (document(types.DocumentAttributeAudio(1)), "audio"),
        (document(types.DocumentAttributeAudio(1, voice=True)), "voice"),
        (document(types.DocumentAttributeFilename("a.pdf")), "document"),
        (
            document(types.DocumentAttributeVideo(1.0, 2, 3), types.DocumentAttributeAnimated()),
            "animation",
        ),
        (types.MessageMediaGeo(types.GeoPointEmpty()), "location"),
        (types.MessageMediaContact("1", "a", "b", "", 1), "contact"),
        (types.MessageMediaDice(3, "x"), "dice"),
        (types.MessageMediaUnsupported(), "unsupported"),
        (types.MessageMediaGiveawayResults(1, 2, 3, 4, [], SENT), "giveaway_results"),
        (types.MessageMediaWebPage(types.WebPageEmpty(1)), None),
        (types.MessageMediaEmpty(), None),
        (None, None),
    ],
)
def test_media_words(media: object, word: str | None) -> None:
    """The words of the Bot API; a link's preview is no medium."""
    assert media_type(media) == word


def test_a_photo_is_described_without_its_bytes() -> None:
    """Its id and its largest version."""
    sizes = [
        types.PhotoStrippedSize("i", b"\x01"),
        types.PhotoSize("m", 320, 200, 9000),
        types.PhotoSizeProgressive("y", 1280, 800, [1, 2]),
    ]
    photo = types.Photo(2**62, 5, b"ref", SENT, sizes, 2)
    message = read_message(item(media=types.MessageMediaPhoto(photo=photo)))
    assert message is not None
    assert message.photos == [{"id": str(2**62), "width": 1280, "height": 800}]


def test_an_album_is_named_by_its_group() -> None:
    """All parts carry the same id."""
    message = read_message(item(grouped_id=13579246801357924))
    assert message is not None
    assert message.album_id == "13579246801357924"


def test_a_forward_knows_its_original() -> None:
    """Channel and post of the original: both copies are one message."""
    header = types.MessageFwdHeader(
        date=SENT, from_id=types.PeerChannel(555), channel_post=3, post_author="Mesa"
    )
    message = read_message(item(fwd_from=header))
    assert message is not None
    assert message.key == (-1000000000555, 3)
    assert message.origin == Origin(
        channel_id=-1000000000555, message_id=3, timestamp=SENT, name="Mesa"
    )


def test_a_forward_of_a_hidden_person() -> None:
    """Only the name is known; an implausible time of it is left out."""
    header = types.MessageFwdHeader(date=datetime(1970, 1, 1, tzinfo=UTC), from_name="Ana")
    message = read_message(item(fwd_from=header))
    assert message is not None
    assert message.origin == Origin(name="Ana")
    assert message.key == (-1001234567890, 7)


def test_a_rich_message_is_read_as_text() -> None:
    """Its plain text is empty, its words are in blocks."""
    blocks = [
        types.PageBlockHeading1(types.TextPlain("COMPRA")),
        types.PageBlockParagraph(
            types.TextConcat([types.TextBold(types.TextPlain("PETR4")), types.TextPlain(" 38,50")])
        ),
    ]
    message = read_message(item(text="", rich_message=types.RichMessage(blocks, [], [])))
    assert message is not None
    assert message.text == "COMPRA\nPETR4 38,50"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("half \ud83d", "half \ufffd"),
        ("é" * 8192, "é" * 8192),
        ("é" * 8193, "é" * 8190 + "…"),
    ],
)
def test_a_text_is_kept_as_far_as_the_contract_lets_it(text: str, kept: str) -> None:
    """NUL and half characters are replaced, and what is too long is visibly cut."""
    message = read_message({**item(), "message": text})
    assert message is not None
    assert message.text == kept
    assert len(message.text.encode()) <= MAX_TEXT_BYTES


@pytest.mark.parametrize(
    "broken", [{"date": None}, {"date": datetime(1970, 1, 1, tzinfo=UTC)}, {"id": "7"}, {"id": 0}]
)
def test_what_breaks_the_contract_says_so(broken: dict[str, Any]) -> None:
    """One documented error, and the item as JSON for the table of the undecoded."""
    with pytest.raises(UnreadableError):
        read_message(item() | broken)
    assert json.loads(raw(item() | broken))["_"] == "Message"


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters())
    | st.binary()
    | st.datetimes()
    | st.sampled_from(["Message", "PeerChannel", "MessageMediaPhoto", "MessageMediaDocument"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["_", "id", "photo", "sizes", "w", "h", "x"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(item())), JUNK))
def test_odd_input_never_raises_anything_else(odd: dict[str, Any]) -> None:
    """Whatever a later layer of Telegram's types puts there."""
    changed = item() | odd | {"_": "Message"}
    assert isinstance(raw(changed), bytes)
    try:
        message = read_message(changed)
    except UnreadableError:
        return
    if message is not None:
        wire.check(message)
