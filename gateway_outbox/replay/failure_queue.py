"""The old gateway's `failure-queue.jsonl`: what it could not publish, one JSON object a line.

A line is the payload it would have posted, or an envelope around it. `tpcapital outbox export`
writes such lines too; nothing of theirs is lost on the way back.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from contracts import wire
from contracts.errors import ContractError
from contracts.message import Message
from gateway_outbox.replay.entry import Entry, Skipped

_MAX_LINE_BYTES = 1024 * 1024
_ENVELOPES = ("message", "messageData", "payload")
_TIMES = ("timestamp", "receivedAt", "editedAt")


def read_failure_queue(path: Path) -> Iterator[Entry]:
    """The queue's messages in file order, and the lines that hold none. Raises OSError only."""
    with path.open("rb") as stream:
        yield from read_stream(stream)


def read_stream(stream: BinaryIO) -> Iterator[Entry]:
    """As `read_failure_queue`, from an open file, whose `tell()` then is the progress."""
    number = 0
    while line := stream.readline(_MAX_LINE_BYTES):
        number += 1
        where = f"line {number}"
        if len(line) == _MAX_LINE_BYTES and not line.endswith(b"\n"):
            _leave_line(stream)
            yield Skipped(where, f"longer than {_MAX_LINE_BYTES} bytes")
        elif not line.isspace():
            yield _entry(line, where)


def is_failure(line: bytes) -> bool:
    """Whether a line looks like one of a failure queue, readable or not."""
    try:
        return "messageId" in _payload(line)
    except ValueError:
        return False


def _leave_line(stream: BinaryIO) -> None:
    while rest := stream.readline(_MAX_LINE_BYTES):
        if rest.endswith(b"\n"):
            return


def _entry(line: bytes, where: str) -> Entry:
    try:
        return _message(_payload(line))
    except ContractError as error:
        return Skipped(where, f"breaks the contract at {error}")
    except msgspec.ValidationError as error:
        return Skipped(where, f"breaks the contract: {error}")
    except ValueError as error:
        return Skipped(where, str(error))


def _payload(line: bytes) -> dict[str, Any]:
    """The message's fields. Raises ValueError for a line that holds none."""
    try:
        found = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError("not JSON, or a line cut short") from error
    if isinstance(found, dict) and "messageId" not in found:
        found = next((found[key] for key in _ENVELOPES if isinstance(found.get(key), dict)), found)
    if not isinstance(found, dict):
        raise ValueError("JSON, but no object")  # noqa: TRY004  # a fault of the file, not a bug
    return found


def _message(old: dict[str, Any]) -> Message:
    fields = {
        "channelId": old.get("channelId", old.get("chatId")),
        "messageId": _number(old.get("messageId")),
        "text": old.get("text") or old.get("caption") or "",
        "timestamp": old.get("timestamp") or old.get("telegramDate"),
        "photos": old.get("photos") or [],
        "mediaType": _word(old.get("mediaType")),
        "receivedAt": old.get("receivedAt"),
        "editedAt": old.get("editedAt"),
        "source": _word(old.get("source")),
        "albumId": old.get("albumId"),
        "origin": old.get("origin"),
        "traceparent": old.get("traceparent"),
    }
    missing = [key for key in ("channelId", "messageId", "timestamp") if fields[key] is None]
    if missing:
        raise ValueError(f"{', '.join(missing)} missing")
    for key in _TIMES:
        if fields[key] is not None and not isinstance(fields[key], str):
            raise ValueError(f"{key} is no time in ISO 8601")
    message = msgspec.convert(fields, Message)
    wire.check(message)
    return message


def _number(value: Any) -> Any:
    """The old gateway's database gave some ids back as strings of digits."""
    is_digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20  # noqa: PLR2004  # an id has at most 19
    return int(value) if is_digits else value


def _word(value: Any) -> str | None:
    """A word for the contract; None for `text`, which the old gateway said of no media at all."""
    is_word = isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,31}", value)
    return value if is_word and value != "text" else None
