"""The old gateway's failure queue."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.message import Message
from gateway_outbox.replay.entry import Entry, Skipped
from gateway_outbox.replay.failure_queue import read_failure_queue

OLD: dict[str, Any] = {
    "channelId": "-1001234567890",
    "messageId": 77,
    "text": "",
    "caption": "Ativo: TOTS3 Compra: 34,10",
    "timestamp": "2025-11-05T13:10:00.000Z",
    "photos": ["AgACAgEAAx"],
    "mediaRefs": [],
    "mediaType": "photo",
    "receivedAt": "2025-11-05T13:10:01.250Z",
    "telegramDate": "2025-11-05T13:10:00.000Z",
    "threadId": None,
    "source": "user_client",
    "metadata": {"linkPreview": None},
}


def read(path: Path, *lines: Any) -> list[Entry]:
    """Write the lines (bytes as they are) and read them back."""
    encoded = (x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines)
    queue = path / "failure-queue.jsonl"
    queue.write_bytes(b"\n".join(encoded))
    return list(read_failure_queue(queue))


def test_a_payload_reads_with_its_caption_as_text(tmp_path: Path) -> None:
    """The old gateway put a photo's words into `caption`."""
    (message,) = read(tmp_path, OLD)
    assert isinstance(message, Message)
    assert message.key == (-1001234567890, 77)
    assert message.text == "Ativo: TOTS3 Compra: 34,10"
    assert message.timestamp == datetime(2025, 11, 5, 13, 10, tzinfo=UTC)
    assert (message.photos, message.media_type) == (["AgACAgEAAx"], "photo")


@pytest.mark.parametrize("envelope", ["message", "messageData", "payload"])
def test_an_envelope_is_opened(tmp_path: Path, envelope: str) -> None:
    """The error and its time around a message are not the message."""
    line = {envelope: OLD, "error": "ECONNREFUSED", "failedAt": "2025-11-05T13:12:00Z"}
    (message,) = read(tmp_path, line)
    assert isinstance(message, Message)
    assert message.message_id == 77


def test_digits_in_a_string_are_a_number_here(tmp_path: Path) -> None:
    """The old system's database gave message ids back as strings."""
    (message,) = read(tmp_path, OLD | {"messageId": "78"})
    assert isinstance(message, Message)
    assert message.message_id == 78


def test_odd_words_are_dropped_rather_than_the_message(tmp_path: Path) -> None:
    """A media type or source that the contract does not know is no reason to lose a signal."""
    (message,) = read(tmp_path, OLD | {"mediaType": "text", "source": "User Client!"})
    assert isinstance(message, Message)
    assert (message.media_type, message.source) == (None, None)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{broken", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "JSON, but no object"),
        (b"{}", "channelId, messageId, timestamp missing"),
        (OLD | {"timestamp": "yesterday"}, "breaks the contract"),
        (OLD | {"timestamp": "2025-11-05T13:10:00"}, "breaks the contract"),
        (OLD | {"timestamp": 1762348200000}, "timestamp is no time in ISO 8601"),
        (OLD | {"messageId": 0}, "breaks the contract"),
        (OLD | {"channelId": "@canal"}, "breaks the contract"),
        (OLD | {"text": "a\x00"}, "breaks the contract at $.text"),
        (b'{"text": "' + b"x" * 1_100_000 + b'"}', "longer than 1048576 bytes"),
    ],
)
def test_a_bad_line_is_skipped_by_itself(tmp_path: Path, bad: Any, reason: str) -> None:
    """Its number and its fault are told, and the lines after it are read."""
    skipped, message = read(tmp_path, bad, b"", OLD)
    assert isinstance(skipped, Skipped)
    assert skipped.where == "line 1"
    assert skipped.reason.startswith(reason)
    assert isinstance(message, Message)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 400), st.binary(max_size=6), st.integers(0, 6))
def test_damaged_bytes_raise_nothing(tmp_path: Path, place: int, junk: bytes, cut: int) -> None:
    """A queue that was cut by a crash still gives its whole lines."""
    line = json.dumps(OLD).encode()
    found = read(tmp_path, line[:place] + junk + line[place + cut :], OLD)
    assert isinstance(found[-1], Message | Skipped)
