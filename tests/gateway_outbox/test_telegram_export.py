"""Telegram Desktop's exports, whole and broken."""

import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.message import Message
from gateway_outbox.entry import Entry, Skipped
from gateway_outbox.errors import ExportError
from gateway_outbox.telegram_export import read_export
from tests.fuzzing import examples

Item = dict[str, Any]
Read = Callable[[bytes], list[Entry]]

CHANNEL = {"name": "Sinais", "type": "public_channel", "id": 1500000001}
pytestmark = pytest.mark.fuzz
reused = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def item(number: int = 1, **more: Any) -> Item:
    """An exported message, with fields added or changed."""
    return {"id": number, "type": "message", "date_unixtime": "1762780000", "text": "oi"} | more


def export(*items: Any, **chat: Any) -> bytes:
    """A single chat's export."""
    return json.dumps(CHANNEL | chat | {"messages": list(items)}, ensure_ascii=False).encode()


def account(*chats: Item) -> bytes:
    """A whole account's export."""
    return json.dumps({"about": "x", "contacts": {"list": [{}]}, "chats": {"list": chats}}).encode()


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes bytes to a file and reads it as an export."""

    def all_of(content: bytes) -> list[Entry]:
        path = tmp_path / "result.json"
        path.write_bytes(content)
        return list(read_export(path))

    return all_of


def test_a_message_of_a_channel_reads_with_its_marked_id_and_its_second(read: Read) -> None:
    """Channel ids gain the -100 mark, and unix seconds become UTC."""
    (message,) = read(export(item(7, date="2020-01-01T00:00:00")))
    assert isinstance(message, Message)
    assert message.key == (-1001500000001, 7)
    assert message.timestamp == datetime(2025, 11, 10, 13, 6, 40, tzinfo=UTC)
    assert message.text == "oi"


def test_a_whole_account_gives_channels_and_groups_and_skips_private_chats(read: Read) -> None:
    """Each chat of a full export is marked by its own type; private chats have no lasting ids."""
    group = {"type": "private_group", "id": 42, "messages": [item(2)]}
    friend = {"type": "personal_chat", "id": 9, "messages": [item(3)]}
    found = read(account(CHANNEL | {"messages": [item(1)]}, group, friend))
    assert [e.key for e in found if isinstance(e, Message)] == [(-1001500000001, 1), (-42, 2)]
    assert found[2] == Skipped(
        "$.chats.list[2].messages[0]",
        "private chat: its message ids are one account's own, no channel's",
    )


def test_left_chats_read_like_the_others(read: Read) -> None:
    """An account's export keeps the channels it left in a list of their own."""
    content = {"left_chats": {"list": [CHANNEL | {"messages": [item(4)]}]}}
    (message,) = read(json.dumps(content).encode())
    assert isinstance(message, Message)
    assert message.message_id == 4


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"text": ["a ", {"type": "bold", "text": "b"}, " c"]}, "a b c"),
        ({"text": "", "text_entities": [{"type": "plain", "text": "só"}]}, "só"),
        ({"text": [], "text_entities": []}, ""),
        ({"text": "linha\r\noutra\t✅"}, "linha\r\noutra\t✅"),
    ],
)
def test_a_text_is_joined_from_its_pieces(read: Read, fields: Item, text: str) -> None:
    """Formatting is dropped, characters are not."""
    (message,) = read(export(item() | fields))
    assert isinstance(message, Message)
    assert message.text == text


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"photo": "photos/a.jpg"}, "photo"),
        ({"file": "a.pdf"}, "document"),
        ({"file": "a.mp4", "media_type": "video_file"}, "video"),
        ({"file": "a.webp", "media_type": "sticker"}, "sticker"),
        ({"file": "a.ogg", "media_type": "voice_message"}, "voice"),
        ({"file": "a.x", "media_type": "Not A Word"}, "document"),
        ({"poll": {"question": "?"}}, "poll"),
        ({}, None),
    ],
)
def test_media_is_told_in_the_bot_apis_words(read: Read, fields: Item, word: str | None) -> None:
    """A message without words is one all the same, and says what it carries."""
    (message,) = read(export(item(text="") | fields))
    assert isinstance(message, Message)
    assert message.media_type == word


def test_a_photo_keeps_its_file_and_size_and_its_caption_is_the_text(read: Read) -> None:
    """A file that was not exported is null, not Telegram Desktop's sentence about it."""
    photo = {"photo": "photos/a.jpg", "width": 10, "height": 20}
    whole, absent = read(export(item(1, **photo), item(2, photo="(File not included. Change)")))
    assert isinstance(whole, Message)
    assert isinstance(absent, Message)
    assert whole.text == "oi"
    assert whole.photos == [{"file": "photos/a.jpg", "width": 10, "height": 20}]
    assert absent.photos == [{"file": None}]


def test_an_edit_and_a_forward_are_told(read: Read) -> None:
    """`editedAt` is the edit's second, and the origin is a name without ids."""
    (message,) = read(export(item(edited_unixtime="1762780060", forwarded_from="Mural")))
    assert isinstance(message, Message)
    assert message.edited_at == datetime(2025, 11, 10, 13, 7, 40, tzinfo=UTC)
    assert message.origin
    assert (message.origin.name, message.origin.channel_id) == ("Mural", None)


def test_old_exports_local_times_are_sao_paulos(read: Read) -> None:
    """Summer time of then counts, and 1970 means never edited."""
    old = item(date="2018-12-03T10:00:00", edited="1970-01-01T00:00:00")
    del old["date_unixtime"]
    (message,) = read(export(old))
    assert isinstance(message, Message)
    assert message.timestamp == datetime(2018, 12, 3, 12, tzinfo=UTC)
    assert message.edited_at is None


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (item(type="service", action="pin_message"), "service message: pin_message"),
        ({"id": 1, "type": "unsupported"}, "unsupported"),
        (item(id="1"), "id is missing"),
        (item(id=True), "id is missing"),
        (item(id=-5), "id is missing"),
        ({"id": 1, "type": "message", "text": "x"}, "no date"),
        (item(date_unixtime="soon"), "date_unixtime is no whole"),
        (item(date_unixtime="999999999999"), "date is no time"),
        (item(date_unixtime="0"), "breaks the contract at $.timestamp"),
        (item(text=5), "text is neither"),
        (item(text=[{"type": "bold"}]), "a piece of the text"),
        (item(text="x" * 16385), "breaks the contract at $.text: 16385 bytes"),
        (item(text="a\x00b"), "breaks the contract at $.text: holds U+0000"),
        ("a string", "not a JSON object"),
    ],
)
def test_what_is_no_message_is_skipped_by_itself(read: Read, broken: Any, reason: str) -> None:
    """The position and the reason are told, and the rest goes on."""
    first, second = read(export(broken, item(2)))
    assert isinstance(first, Skipped)
    assert first.where == "$.messages[0]"
    assert first.reason.startswith(reason)
    assert isinstance(second, Message)


def test_a_chat_that_names_itself_too_late_is_skipped(read: Read) -> None:
    """Without its chat a message has no identity, and guessing would make a wrong one."""
    (skipped,) = read(b'{"messages": [{"id": 1}], "type": "public_channel", "id": 5}')
    assert isinstance(skipped, Skipped)
    assert "come after its messages" in skipped.reason


@pytest.mark.parametrize("filler", range(1000, 1030))
def test_telegram_desktops_own_escapes_are_read(read: Read, filler: int) -> None:
    """It writes a control character as backslash, x, two digits; wherever a slice cuts it."""
    text = "." * filler + "A"
    content = export(item(text=text)).replace(b"A", rb"\x0B\\x0B")
    (message,) = read(content)
    assert isinstance(message, Message)
    assert message.text == "." * filler + "\x0b\\x0B"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "broken JSON at its end, byte 0"),
        (b"not json", "broken JSON at byte 0"),
        (b'{"a": 1}', "no Telegram Desktop export"),
        (b"[1, 2]", "no Telegram Desktop export"),
        (b"[" * 100_000, "nested more than 64 deep"),
        (b'{"messages": [' + b"9" * 6000, "integer overflow"),
        (b"\xff\xfe{\x00}\x00", "broken JSON at byte 0"),
    ],
)
def test_what_is_no_export_says_so_with_its_name_and_place(
    read: Read, content: bytes, said: str
) -> None:
    """The file's name, where it breaks, and what to do."""
    with pytest.raises(ExportError, match=r"result\.json") as caught:
        read(content)
    assert said in str(caught.value)


@pytest.mark.parametrize("ending", [b"", b"\xff", b"}}", b'{"id": 3, "text": "\xc3'])
def test_messages_before_a_break_are_read(tmp_path: Path, ending: bytes) -> None:
    """A truncated download gives what it has, then the error."""
    path = tmp_path / "result.json"
    path.write_bytes(export(item(1), item(2)).removesuffix(b"]}") + b", " + ending)
    found: list[Entry] = []
    with pytest.raises(ExportError, match="broken JSON"):
        found.extend(read_export(path))
    assert [e.message_id for e in found if isinstance(e, Message)] == [1, 2]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@reused
@given(st.lists(texts, max_size=60), st.sampled_from([None, 1]))
def test_every_message_comes_out_once_in_order(
    read: Read, written: list[str], indent: int | None
) -> None:
    """What an export holds is what is read, whatever the texts."""
    items = [item(number, text=text) for number, text in enumerate(written, 1)]
    content = json.dumps(CHANNEL | {"messages": items}, indent=indent).encode()
    found = [(e.message_id, e.text) for e in read(content) if isinstance(e, Message)]
    assert found == list(enumerate(written, 1))


@reused
@given(st.integers(0, 500), st.binary(max_size=6), st.integers(0, 6))
def test_damaged_bytes_raise_nothing_but_an_export_error(
    read: Read, place: int, junk: bytes, removed: int
) -> None:
    """Any file may be given by mistake."""
    whole = account(CHANNEL | {"messages": [item(1), item(2, photo="a.jpg", width=3)]})
    try:
        found = read(whole[:place] + junk + whole[place + removed :])
    except ExportError:
        return
    assert all(isinstance(entry, Message | Skipped) for entry in found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(-1e9, 1e9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("id", "type", "date", "date_unixtime", "edited", "text", "text_entities", "photo")


@reused
@given(st.dictionaries(st.sampled_from([*FIELDS, "media_type", "width"]), json_values))
def test_ill_typed_fields_never_raise(read: Read, fields: Item) -> None:
    """One entry comes out of one item, whatever its fields hold."""
    assert len(read(export(item() | fields))) == 1


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Eight megabytes are read in well under one."""
    path = tmp_path / "result.json"
    path.write_bytes(export(*(item(n, text="x" * 4000) for n in range(1, 2001))))
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_export(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 2000
    assert peak < 500_000


@pytest.mark.parametrize("filler", [b"a", b" ", b"\\x0a", b"\\n"])
def test_a_value_without_an_end_is_refused(tmp_path: Path, filler: bytes) -> None:
    """The parser would take the square of its length: 8 MB took minutes."""
    path = tmp_path / "result.json"
    path.write_bytes(b'{"id":1,"messages":[{"id":1,"text":"' + filler * 10_000_000)
    with pytest.raises(ExportError, match="more than 262144 bytes"):
        list(read_export(path))
