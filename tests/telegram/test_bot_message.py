"""What each kind of update means."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import wire
from contracts.message import Message, Origin
from gateway_outbox.bot_message import (
    KINDS,
    Meaning,
    Membership,
    Migration,
    read_update,
)
from gateway_outbox.entry import Skipped
from gateway_outbox.untrusted import UnreadableError
from tests.telegram.bot_updates import CHANNEL, SENT, chat, forwarded, post, sizes


def at(seconds: int) -> datetime:
    """A Unix time."""
    return datetime.fromtimestamp(seconds, UTC)


def read(body: Any, kind: str = "channel_post") -> Meaning:
    """What an update with this body means, where every channel is accepted."""
    return read_update({"update_id": 7, kind: body}, lambda _id, _name: True)


def message(body: Any, kind: str = "channel_post") -> Message:
    """The message that it is."""
    found = read(body, kind)
    assert isinstance(found, Message), found
    return found


def reason(body: Any, kind: str = "channel_post") -> str:
    """Why it is skipped."""
    found = read(body, kind)
    assert isinstance(found, Skipped), found
    return found.reason


@pytest.mark.parametrize("kind", ["message", "channel_post"])
def test_a_post_is_a_message(kind: str) -> None:
    """Ids, text, time in UTC; nothing that is not there."""
    assert message(post(5, "COMPRAR PETR4"), kind) == Message(
        channel_id=CHANNEL,
        message_id=5,
        text="COMPRAR PETR4",
        timestamp=at(SENT + 5),
        source="bot",
    )


@pytest.mark.parametrize("kind", ["edited_message", "edited_channel_post"])
def test_an_edit_keeps_the_send_time_and_has_its_own(kind: str) -> None:
    """That is what makes it a later revision of the same message."""
    found = message(post(5, "VENDER", edit_date=SENT + 90), kind)
    assert (found.timestamp, found.edited_at) == (at(SENT + 5), at(SENT + 90))
    assert message(post(5, edit_date=SENT)).edited_at is None


def test_a_photo_has_its_caption_and_its_largest_size() -> None:
    """With what a later download needs."""
    found = message(
        post(5, caption="PETR4", text=None, photo=sizes(), media_group_id="13")
        | {"text": ""}  # some servers send both
    )
    assert (found.text, found.media_type, found.album_id) == ("PETR4", "photo", "13")
    assert found.photos == [
        {"file_id": "f1280", "file_unique_id": "u1280", "width": 1280, "height": 640}
    ]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({"animation": {}, "document": {}}, "animation"),
        ({"venue": {}, "location": {}}, "venue"),
        ({"video": {}}, "video"),
        ({"document": {}}, "document"),
        ({"poll": {"question": "?"}}, "poll"),
        ({"hologram": {}}, "unknown"),
        ({"text": "x"}, None),
    ],
)
def test_media_have_the_words_of_the_other_sources(
    content: dict[str, Any], word: str | None
) -> None:
    """Content of a kind that came after us is kept too."""
    assert message(post(5, "") | content).media_type == word


def test_a_rich_message_is_flattened() -> None:
    """It has neither text nor caption."""
    blocks = [{"type": "heading", "text": "COMPRAR"}, {"type": "paragraph", "text": "PETR4"}]
    found = message(post(5, "") | {"rich_message": {"blocks": blocks}})
    assert (found.text, found.media_type) == ("COMPRAR\nPETR4", None)


def test_a_copy_is_the_same_message_as_its_original() -> None:
    """Its key is the original's, its send time too."""
    found = message(post(5, forward_origin=forwarded(-1009, 77)))
    assert found.origin == Origin(
        channel_id=-1009, message_id=77, timestamp=at(SENT - 60), name="Origem"
    )
    assert found.key == (-1009, 77)
    assert found.sent_at == at(SENT - 60)


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "hidden_user"}, None),  # aiogram 3.31 cannot read this one
        ({"type": "hidden_user", "sender_user_name": "Ana"}, "Ana"),
        ({"type": "user", "sender_user": {"first_name": "Ana", "last_name": "Lima"}}, "Ana Lima"),
        ({"type": "chat", "sender_chat": {"title": "Mesa"}}, "Mesa"),
        ({"type": "channel", "chat": {"title": "Mesa"}}, "Mesa"),
    ],
)
def test_other_origins_are_a_name_at_most(origin: dict[str, Any], name: str | None) -> None:
    """Then the copy is a message of its own."""
    found = message(post(5, forward_origin={"date": SENT} | origin))
    assert found.origin
    assert found.origin.name == name
    assert found.key == (CHANNEL, 5)


def test_a_text_that_the_contract_cannot_carry_is_made_to_fit() -> None:
    """No message is lost for a character, or for its length."""
    assert message(post(5, "a\x00b\ud800c")).text == "a\ufffdb\ufffdc"
    long = message(post(5, "é" * 9000)).text
    assert len(long.encode()) <= 16 * 1024
    assert long == "é" * (len(long) - 1) + "…"


def test_private_chats_are_skipped() -> None:
    """Anyone can write to a bot: a stranger must not be able to send a signal."""
    private = {"chat": {"id": 5, "type": "private", "first_name": "X"}}
    assert reason(post(5) | private, "message") == "private chat"
    assert reason(post(5) | private, "my_chat_member") == "private chat"


def test_channels_that_are_not_declared_are_skipped() -> None:
    """The public name decides as well as the id."""
    asked = []

    def accepts(channel_id: int, name: str | None) -> bool:
        asked.append((channel_id, name))
        return False

    update = {"update_id": 7, "channel_post": post(5, chat=chat(username="mesa"))}
    found = read_update(update, accepts)
    assert isinstance(found, Skipped)
    assert found.reason == "channel is not declared"
    assert asked == [(CHANNEL, "mesa")]


def test_what_is_no_message_says_what_it_is() -> None:
    """In words of a bounded number."""
    assert reason(post(5, pinned_message={})) == "service message"
    assert reason({}, "poll_answer") == "an update of another kind"
    assert reason(post(5, chat={"id": 1, "type": "planet"})) == "a chat of unknown type"
    assert read(post(5, migrate_to_chat_id=-1005)) == Migration(CHANNEL, -1005)


def test_a_change_of_the_bot_s_own_rights_is_told() -> None:
    """No error comes while polling when the bot is thrown out of a channel."""
    change = {"chat": chat(), "new_chat_member": {"status": "kicked"}}
    assert read(change, "my_chat_member") == Membership(CHANNEL, "Mesa", "kicked")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (post(5, date=None), "date is missing"),
        (post(5, date=10**18), "beyond the calendar"),
        (post(5, date=1), r"\$\.timestamp"),
        (post(5, message_id="5"), "message_id"),
        (post(-5), r"\$\.messageId"),
        (post(5, chat={"type": "channel"}), r"chat\.id"),
        (post(5, chat={"type": "channel", "id": 2**70}), r"chat\.id"),
        ("words", "no object"),
        (post(5, migrate_to_chat_id="soon"), "migrate_to_chat_id"),
    ],
)
def test_what_cannot_be_read_says_why(body: Any, why: str) -> None:
    """It is kept raw, and stops nobody."""
    with pytest.raises(UnreadableError, match=why):
        read(body)
    with pytest.raises(UnreadableError, match="status"):
        read({"chat": chat()}, "my_chat_member")


ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NAMES = st.sampled_from(
    [
        *("message_id", "date", "edit_date", "text", "caption", "photo", "rich_message"),
        *("media_group_id", "forward_origin", "migrate_to_chat_id", "new_chat_member", "document"),
    ]
)
BODIES = st.builds(
    lambda base, odd, kind: base | {"chat": {"id": CHANNEL, "type": kind}} | odd,
    st.just(post(5)),
    st.dictionaries(NAMES | st.just("chat"), JSON | st.just(forwarded(-1009, 7)), max_size=4),
    st.sampled_from(["channel", "supergroup", "private"]),
)


@given(kind=st.sampled_from(KINDS), body=BODIES | JSON, update_id=JSON)
def test_whatever_comes_is_read_or_refused(kind: str, body: Any, update_id: Any) -> None:
    """A message that comes of it keeps the contract; one error says everything else."""
    try:
        found = read_update({"update_id": update_id, kind: body}, lambda _id, _name: True)
    except UnreadableError:
        return
    if isinstance(found, Message):
        wire.check(found)


@given(st.dictionaries(st.text() | st.sampled_from(KINDS), JSON))
def test_any_update_is_read_or_refused(update: dict[str, Any]) -> None:
    """Nothing but the one error."""
    try:
        read_update(update, lambda _id, _name: True)
    except UnreadableError:
        return
