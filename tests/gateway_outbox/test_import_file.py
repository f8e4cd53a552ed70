"""Files told apart by what they hold."""

import json
from pathlib import Path

import pytest

from contracts.message import Message
from gateway_outbox.errors import ExportError
from gateway_outbox.replay.import_file import ImportFile, read_file

MESSAGE = {"id": 5, "type": "message", "date_unixtime": "1762780000", "text": "oi"}
EXPORT = {"type": "public_channel", "id": 1500000001, "messages": [MESSAGE] * 3}
LINE = {"channelId": "-100123", "messageId": 9, "text": "a", "timestamp": "2025-11-05T13:10:00Z"}


def ids(path: Path) -> list[int]:
    """The message ids that a file gives."""
    return [entry.message_id for entry in read_file(path) if isinstance(entry, Message)]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_an_export_is_known_whatever_its_name(
    tmp_path: Path, indent: int | None, mark: bytes
) -> None:
    """Minified or indented, with a byte order mark or without."""
    path = tmp_path / "failure-queue.jsonl"
    path.write_bytes(mark + json.dumps(EXPORT, indent=indent).encode())
    assert ids(path) == [5, 5, 5]


def test_a_failure_queue_is_known_even_when_its_first_line_is_broken(tmp_path: Path) -> None:
    """One line cut by a crash does not make the rest unreadable."""
    path = tmp_path / "result.json"
    path.write_text('{"channelId": "-100\n' + json.dumps({"message": LINE}), encoding="utf-8")
    assert ids(path) == [9]


@pytest.mark.parametrize("content", [b"", b"  \n", b"<html>", b"PK\x03\x04", b"[]", b'{"a": 1}'])
def test_anything_else_is_refused_with_what_to_give(tmp_path: Path, content: bytes) -> None:
    """The sentence names the file and the format to export."""
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=r"other\.bin: .*Machine-readable JSON"):
        ids(path)


def test_the_position_grows_to_the_files_size(tmp_path: Path) -> None:
    """Progress is in bytes, known before the count of messages is."""
    path = tmp_path / "result.json"
    many = EXPORT | {"messages": [MESSAGE] * 500}
    path.write_text(json.dumps(many), encoding="utf-8")
    file = ImportFile(path)
    positions = [file.position for _ in file]
    assert positions == sorted(positions)
    assert 0 < positions[0] < positions[-1] <= file.position == file.size
