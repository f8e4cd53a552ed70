"""Declared channels: by file and by environment, and what is refused with which words."""

from pathlib import Path

import pytest

from contracts.secret import Token
from gateway_outbox.channels_file import Channels, Declared, declared_by, from_words, read
from gateway_outbox.errors import ChannelsFileError
from gateway_outbox.settings import Settings
from tests.messages import CHANNEL, TOKEN

ONE = f'version = 1\n[[channel]]\nid = {CHANNEL}\nlabel = "Mesa"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the declared channels stand."""
    return tmp_path / "channels.toml"


def opened(file: Path, sources: str = "", destination: int | None = None) -> Channels:
    """The channels under these settings."""
    return Channels(
        Settings(
            api_secret_token=Token(TOKEN),
            channels_file=file,
            telegram_source_channels=sources,
            telegram_destination_channel_id=destination,
            telegram_api_id=1 if destination else None,
            telegram_api_hash=Token(TOKEN) if destination else None,
        )
    )


def test_without_a_file_all_channels_are_kept(file: Path) -> None:
    """A bot is then read wherever it is an administrator."""
    channels = opened(file)
    assert channels.declared == []
    assert channels.accepts(CHANNEL, None)


def test_file_and_environment_are_read_together(file: Path) -> None:
    """What both declare is as the file says; then only the declared are kept."""
    file.write_text(ONE + '[[channel]]\nname = "@Ativos"\nenabled = false\n')
    channels = opened(file, f"[{CHANNEL}, '@outro'; https://t.me/mais]", -1005)
    assert [each.key for each in channels.declared] == [
        CHANNEL,
        "@ativos",
        "@outro",
        "@mais",
        -1005,
    ]
    assert channels.declared[0].label == "Mesa"
    assert [each.key for each in channels.of_role("source")] == [CHANNEL, "@outro", "@mais"]
    assert [each.key for each in channels.of_role("destination")] == [-1005]
    assert channels.accepts(-1009, "OUTRO")
    assert not channels.accepts(-1009, "ativos")
    assert not channels.accepts(-1009, None)


def test_a_broken_file_changes_nothing(file: Path) -> None:
    """The channels of before stand until it is correct again."""
    file.write_text(ONE)
    channels = opened(file)
    file.write_text("version = 1\n[[channel]\n")
    with pytest.raises(ChannelsFileError, match=r"channels\.toml: .*\. Correct it; nothing was"):
        channels.reload()
    assert [each.key for each in channels.declared] == [CHANNEL]
    file.write_text("version = 1\n")
    channels.reload()
    assert channels.declared == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lacks version"),
        ("version = 2\n", "has version 2, this program knows 1"),
        ("version = 1\nchannels = []\n", "holds channels, which this program does not know"),
        ("version = 1\n[[channel]]\nlabel = 'x'\n", "give either id"),
        ("version = 1\n[[channel]]\nid = -1\nname = '@mesa'\n", "give either id"),
        ("version = 1\n[[channel]]\nid = 1\n", "channel[0].id must be -1 or less"),
        ("version = 1\n[[channel]]\nname = 'mesa'\n", "channel[0].name is not written"),
        ("version = 1\n[[channel]]\nid = -1\nrole = 'sink'\n", "channel[0].role is sink, none of"),
        ("version = 1\n" + "[[channel]]\nid = -1\n" * 2, "declares -1 more than once"),
        (
            "version = 1\n"
            + "".join(f"[[channel]]\nid = -{n}\nrole='destination'\n" for n in (1, 2)),
            "more than one destination; keep one enabled",
        ),
    ],
)
def test_a_faulty_file_is_refused_with_its_place(file: Path, text: str, said: str) -> None:
    """The file's name, where, and what is wrong."""
    file.write_text(text)
    with pytest.raises(ChannelsFileError) as caught:
        read(file)
    assert str(file) in str(caught.value)
    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A folder, or bytes that are no text."""
    with pytest.raises(ChannelsFileError, match="cannot be read"):
        read(tmp_path)
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(ChannelsFileError, match="cannot be read"):
        read(tmp_path / "latin")


@pytest.mark.parametrize(
    ("word", "key"),
    [(str(CHANNEL), CHANNEL), ("@Mesa_1", "@mesa_1"), ("t.me/mesa", "@mesa")],
)
def test_a_channel_is_named_as_people_type_it(word: str, key: int | str) -> None:
    """Id, name or link."""
    assert declared_by(word).key == key


@pytest.mark.parametrize("word", ["mesa", "@me", "5", "-", "@mesa!", "-99999999999999999999"])
def test_what_is_no_channel_is_refused(word: str) -> None:
    """With the two ways to name one."""
    with pytest.raises(ChannelsFileError, match="is no channel: give its marked id"):
        list(from_words(word, None))


def test_a_name_means_its_channel_in_any_case() -> None:
    """Telegram's names know no case."""
    assert Declared(name="@Mesa").means(-1, "mESA")
    assert not Declared(name="@Mesa").means(-1, None)
