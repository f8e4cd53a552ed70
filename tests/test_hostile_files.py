"""Files and lines that people, Telegram and other programs write: read, or refused by name."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies

from contracts.environment import SettingsError, load
from gateway_outbox import channels_file
from gateway_outbox.errors import ChannelsFileError, ExportError
from gateway_outbox.replay.telegram_export import read_stream
from gateway_outbox.settings import Settings
from ops import env_file
from ops.supervise import log_line
from tests.fuzzing import examples

pytestmark = pytest.mark.fuzz
_HOSTILE = strategies.sampled_from(
    [
        "\x00",
        "\x1b[2J",
        "\u2028",
        "\x85",
        "\r\n",
        "<0>",
        "\ud800",
        "9" * 5000,
        "[" * 3000,
        "{" * 3000,
    ]
)
_pieces = strategies.lists(strategies.text(max_size=12) | _HOSTILE, max_size=6).map("".join)
_TOML = (
    *("version = 1\n", "[[channel]]\n", "id = -1001\n", 'name = "@mesa"\n', "label = ", '"', "'''"),
    *('role = "destination"\n', "enabled = true\n", "= ", "\n", "9999-99-99", "1e999", "0x"),
)
_KEYS = (
    *("message", "level", "time", "MESSAGE", "PRIORITY", "__REALTIME_TIMESTAMP", "action", "date"),
    *("exception", "id", "type", "text", "date_unixtime", "messages", "chats", "name", "from_id"),
)
_toml = strategies.lists(_pieces | strategies.sampled_from(_TOML), max_size=10).map("".join)
_numbers = strategies.integers() | strategies.floats()
_json = strategies.recursive(
    strategies.none() | strategies.booleans() | _numbers | _pieces,
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(strategies.sampled_from(_KEYS), inner, max_size=6)
    ),
    max_leaves=8,
)


@given(_toml)
@example("version = 1\nx = " + "9" * 5000)
@example("version = " + "[" * 5000)
@example("a" + ".a" * 5000 + " = 1")
@settings(max_examples=examples(60), deadline=None)
def test_a_channels_file_is_read_or_refused(text: str) -> None:
    """ChannelsFileError and nothing else."""
    try:
        channels_file.parse(text, Path("channels.toml"))
    except ChannelsFileError as error:
        assert str(error).startswith("channels.toml")  # noqa: PT017  # both are right


@given(_pieces)
@settings(max_examples=examples(40), deadline=None)
def test_a_word_for_a_channel_is_read_or_refused(words: str) -> None:
    """ChannelsFileError and nothing else."""
    try:
        list(channels_file.from_words(words, None))
    except ChannelsFileError:
        return


@given(strategies.binary(max_size=200) | _pieces.map(lambda text: text.encode(errors="replace")))
@settings(max_examples=examples(40), deadline=None)
def test_an_environment_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Names and values, one a line; what is no text is one sentence."""
    path = tmp_path_factory.getbasetemp() / "fuzzed.env"
    path.write_bytes(content)
    try:
        found = env_file.read(path)
    except SettingsError as error:
        assert str(path) in str(error)  # noqa: PT017  # both are right
    else:
        assert len(found) <= content.count(b"\n") + content.count(b"\r") + 1


@given(strategies.dictionaries(strategies.sampled_from([*Settings.__struct_fields__]), _pieces))
@settings(max_examples=examples(40), deadline=None)
def test_settings_are_read_or_refused(values: dict[str, str]) -> None:
    """SettingsError with the names, whatever the environment holds."""
    try:
        load(Settings, {name.upper(): value for name, value in values.items()})
    except SettingsError as error:
        assert error.problems  # noqa: PT017  # both are right


@pytest.mark.parametrize("form", ["journal", "compose", "file"])
@given(document=_json, before=_pieces)
@example(document={"PRIORITY": "99", "MESSAGE": [300, "x"]}, before="")
@example(document={"message": "x", "time": "0001-01-01"}, before="")
@example(document={"MESSAGE": "x", "__REALTIME_TIMESTAMP": "-62135596800000001"}, before="")
@example(document={"MESSAGE": "x", "__REALTIME_TIMESTAMP": "1e300"}, before="")
@example(document={"MESSAGE": "x", "__REALTIME_TIMESTAMP": str(10**24)}, before="")
@settings(max_examples=examples(40), deadline=None)
def test_a_line_of_a_log_is_shown_as_one(form: str, document: Any, before: str) -> None:
    """No text in it begins a line of its own, or steers the terminal."""
    line = json.dumps(document)
    for raw in (line, before + line, f"api-1 | 2026-11-24T18:58:01Z {line}", "[" * 100_000):
        if found := log_line.parse("api", form, raw):
            first, *others = found.text().split("\n")
            assert all(each.startswith("    ") for each in others), (first, others)
            assert not {"\x1b", "\r", "\x9b", "\u2028"} & set(found.text())
            json.dumps(found.document(), default=str)


@given(_json, strategies.integers(0, 300), strategies.binary(max_size=6))
@example(document={"text": "\ud800"}, place=0, rubbish=b"")
@example(document={"\udfff": 1}, place=0, rubbish=b"")
@settings(max_examples=examples(60), deadline=None)
def test_an_export_is_read_or_refused(document: Any, place: int, rubbish: bytes) -> None:
    """ExportError and nothing else, for any JSON and for JSON with rubbish in it."""
    messages = {"name": "x", "type": "public_channel", "id": 1, "messages": [document, document]}
    for text in (
        json.dumps(document),
        json.dumps(messages),
        json.dumps({"chats": {"list": [messages]}}),
    ):
        content = text.encode()
        stream = io.BytesIO(content[:place] + rubbish + content[place:])
        stream.name = "result.json"
        try:
            list(read_stream(stream))
        except ExportError:
            continue


def _work(step: Callable[[], object]) -> int:
    """Lines of Python run by a step: a measure that no busy machine changes."""
    count = 0

    def trace(*_: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        step()
    except (ChannelsFileError, ExportError):
        pass
    finally:
        sys.settrace(before)
    return count


def _export(size: int) -> None:
    item = {"id": 1, "type": "message", "date": "2025-10-25T13:00:00", "text": ["a", {"text": "b"}]}
    content = {"name": "x", "type": "public_channel", "id": 1, "messages": [item] * size}
    stream = io.BytesIO(json.dumps(content).encode())
    stream.name = "result.json"
    list(read_stream(stream))


def _text(size: int) -> None:
    content = b'{"type":"public_channel","id":1,"messages":[{"text":"%b"}]}' % (b"\\x0a" * size)
    stream = io.BytesIO(content)
    stream.name = "result.json"
    list(read_stream(stream))


_GROWING: dict[str, Callable[[int], object]] = {
    "export": _export,
    "export of one text": _text,
    "channels": lambda size: channels_file.parse(
        "version = 1\n" + "".join(f"[[channel]]\nid = -{n + 1}\n" for n in range(size)), Path("x")
    ),
    "words": lambda size: list(channels_file.from_words(" ".join(["@mesa"] * size), None)),
    "log line": lambda size: log_line.parse("api", "file", "\x1b[" * size),
}


@pytest.mark.parametrize("name", _GROWING)
def test_work_grows_with_the_input_and_no_faster(name: str) -> None:
    """4 and 16 times the input is at most so many times the work, and half as much again."""
    small, middle, large = (_work(lambda n=n: _GROWING[name](n)) for n in (50, 200, 800))  # type: ignore[misc]
    assert middle <= 4 * 1.5 * small + 200
    assert large <= 4 * 1.5 * middle + 200
