"""Bytes to messages and back: limits, paths, headers, and the answers of the ingest API."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from contracts.errors import UNREADABLE, ContractError, unreadable
from contracts.message import EARLIEST, INT64_MAX, LATEST, MAX_TEXT_BYTES, Message, Origin
from contracts.problem import Problem

INGEST_PATH = "/ingest"
BATCH_PATH = "/ingest/batch"
STATUS_PATH = "/gateway/status"
TOKEN_HEADER = "X-Gateway-Token"  # noqa: S105  # a header's name
MAX_MESSAGE_BYTES = 128 * 1024  # a text of 16 KiB whose every character is escaped as \u00xx
MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH_MESSAGES = 500

Outcome = Literal["created", "updated", "unchanged", "stale", "rejected"]
Kind = Literal["signal", "not_a_signal", "malformed"]


class FoundSignal(msgspec.Struct, frozen=True, kw_only=True):
    """What the parser understood, in brief: the row itself is read from `GET /signals`."""

    asset: str
    direction: str
    signal_type: str


class Accepted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """200 of `POST /ingest`: the message is committed, or was before.

    `stored` is true when this delivery added something (a message, or a text of it not seen yet).
    `message_id` is echoed as it was sent.
    """

    status: str
    success: bool
    message_id: int
    stored: bool
    outcome: Outcome
    revision: int
    kind: Kind
    signal: FoundSignal | None
    reason: str | None = None
    skipped: bool = False


class ItemResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What became of one item of a batch, by its place in the request.

    `stored` is as in `Accepted`; `problem` is set when `outcome` is `rejected`.
    """

    index: int
    outcome: Outcome
    stored: bool
    channel_id: int | None = None
    message_id: int | None = None
    revision: int | None = None
    kind: Kind | None = None
    signal: FoundSignal | None = None
    problem: Problem | None = None


class BatchAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """200 of `POST /ingest/batch`: one result an item, in the request's order."""

    received: int
    results: list[ItemResult]


class _Batch(msgspec.Struct):
    messages: list[msgspec.Raw]


# A raw NUL is no JSON, so only the escape can bring one in; PostgreSQL refuses it in any text.
_NUL_ESCAPE = b"\\u0000"

_message = msgspec.json.Decoder(Message)
_batch = msgspec.json.Decoder(_Batch)
_encoder = msgspec.json.Encoder()


def encode(body: Message | Accepted | BatchAccepted | Problem) -> bytes:
    """JSON bytes of anything that crosses the wire; times as RFC 3339, defaults left out."""
    return _encoder.encode(body)


def with_sequence(payload: bytes, sequence: int) -> bytes:
    """The encoded message with its outbox row's number added, which is known only after the row."""
    return b'%b,"sequence":%d}' % (payload[:-1], sequence)


def batch_body(payloads: list[bytes]) -> bytes:
    """The body of `POST /ingest/batch` from encoded messages."""
    return b'{"messages":[%b]}' % b",".join(payloads)


def check(message: Message) -> None:
    """Raise ContractError unless the ingest API would take the message, built by hand, as sent."""
    try:
        body = _encoder.encode(message)
    except UnicodeEncodeError as error:
        raise ContractError("$", "holds half a character (a lone surrogate)") from error
    if len(body) > MAX_MESSAGE_BYTES:
        raise ContractError("$", f"{len(body)} bytes as JSON; the limit is {MAX_MESSAGE_BYTES}")
    decode_message(body)


def decode_message(body: bytes) -> Message:
    """One message from JSON. Raises ContractError with the JSON path of the first fault."""
    return _decode(body, may_hold_nul=_NUL_ESCAPE in body)


def decode_batch(body: bytes) -> list[Message | ContractError]:
    """Each item by itself: a bad one is its own ContractError. Raises one for the envelope."""
    try:
        items = _batch.decode(body).messages
    except UNREADABLE as error:
        raise unreadable(error) from None
    if not 1 <= len(items) <= MAX_BATCH_MESSAGES:
        reason = f"{len(items)} messages; a batch holds 1 to {MAX_BATCH_MESSAGES}"
        raise ContractError("$.messages", reason)
    may_hold_nul = _NUL_ESCAPE in body
    return [_item(item, index, may_hold_nul) for index, item in enumerate(items)]


def _decode(raw: bytes | msgspec.Raw, *, may_hold_nul: bool) -> Message:
    try:
        message = _message.decode(raw)
    except UNREADABLE as error:
        raise unreadable(error) from None
    for path, reason in _faults(message, may_hold_nul):
        raise ContractError(path, reason)
    return message


def _item(raw: msgspec.Raw, index: int, may_hold_nul: bool) -> Message | ContractError:
    try:
        return _decode(raw, may_hold_nul=may_hold_nul)
    except ContractError as error:
        return ContractError(f"$.messages[{index}]{error.path[1:]}", error.reason)


def _faults(message: Message, may_hold_nul: bool) -> Iterator[tuple[str, str]]:
    """The rules that a type cannot say."""
    if not _is_id(message.channel_id):
        yield "$.channelId", "must be a 64-bit id in the marked form (a channel is -100…), not 0"
    if len(message.text) > MAX_TEXT_BYTES // 4 and (
        (size := len(message.text.encode())) > MAX_TEXT_BYTES
    ):
        yield "$.text", f"{size} bytes; the limit is {MAX_TEXT_BYTES}"
    yield from _time_faults("$.timestamp", message.timestamp)
    yield from _time_faults("$.editedAt", message.edited_at)
    yield from _time_faults("$.deletedAt", message.deleted_at)
    yield from _time_faults("$.receivedAt", message.received_at)
    if message.origin:
        yield from _origin_faults(message.origin)
    if may_hold_nul:
        yield from _nul_faults("$", msgspec.to_builtins(message))


def _is_id(value: int | None) -> bool:
    return value is None or (value != 0 and -INT64_MAX - 1 <= value <= INT64_MAX)


def _time_faults(path: str, value: datetime | None) -> Iterator[tuple[str, str]]:
    if value is not None and not EARLIEST <= value < LATEST:
        yield path, f"must lie between {EARLIEST:%Y} and {LATEST:%Y}"


def _origin_faults(origin: Origin) -> Iterator[tuple[str, str]]:
    if not _is_id(origin.channel_id):
        yield "$.origin.channelId", "must be a 64-bit id in the marked form, not 0"
    yield from _time_faults("$.origin.timestamp", origin.timestamp)


def _nul_faults(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and "\x00" in value:
        yield path, "holds U+0000, which no database text may hold"
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _nul_faults(f"{path}.{name}", inner)
            yield from _nul_faults(f"{path} (a key)", name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nul_faults(f"{path}[{index}]", inner)
