"""A message as the store takes it: parsed, and in the shape of the tables' columns."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import orjson

from contracts.message import EARLIEST, Key, Message, text_digest
from contracts.wire import FoundSignal, Kind
from ingest_api.parser.signal import Malformed, NotASignal, Signal
from ingest_api.parser.signal_parser import parse

Row = dict[str, Any]

# Stored beside every reading; raised whenever the parser reads a text differently than before.
PARSER_VERSION = 1

_photos = msgspec.json.Encoder()


class Version(NamedTuple):
    """The place of a delivery among all of its message's: the greatest is the message's present."""

    at: datetime
    sequence: int
    text_sha256: bytes
    payload_sha256: bytes


_NO_VERSION = Version(EARLIEST, 0, b"", b"")


class Delivery(NamedTuple):
    """One message with what the parser saw; `row` holds the tables' columns by their names."""

    message: Message
    key: Key
    version: Version
    kind: Kind
    signal: Signal | None
    row: Row

    @classmethod
    def of(cls, message: Message) -> "Delivery":
        """Parse a message. Pure; never raises for a message that the contract let pass."""
        key = message.key
        if message.deleted_at is not None:
            return cls(message, key, _NO_VERSION, "not_a_signal", None, _tombstone(message, key))
        row = _columns(message, key)
        digest = text_digest(message.text)
        payload = hashlib.sha256(orjson.dumps(row)).digest()
        parsed = parse(message.text)
        row |= {"text_sha256": _bytea(digest), "payload_sha256": _bytea(payload)}
        row |= _reading(parsed)
        version = Version(message.version_at, message.sequence, digest, payload)
        signal = parsed if isinstance(parsed, Signal) else None
        return cls(message, key, version, row["kind"], signal, row)

    @property
    def is_deletion(self) -> bool:
        """Whether it says only that the message was deleted; then `version` means nothing."""
        return self.message.deleted_at is not None

    @property
    def found(self) -> FoundSignal | None:
        """The signal in brief, for the answer."""
        if (signal := self.signal) is None:
            return None
        return FoundSignal(
            asset=signal.asset, direction=signal.direction, signal_type=signal.signal_type
        )


def reading(text: str) -> Row:
    """What the parser sees in a text: the columns that come of it."""
    return _reading(parse(text))


def _reading(parsed: Signal | NotASignal | Malformed) -> Row:
    return {
        "kind": _kind(parsed),
        "reason": parsed.reason if isinstance(parsed, Malformed) else None,
        "parser_version": PARSER_VERSION,
    } | (_signal_columns(parsed) if isinstance(parsed, Signal) else {})


def _columns(message: Message, key: Key) -> Row:
    """The ledger's columns that a delivery carries: what two equal deliveries have in common."""
    return {
        "channel_id": key.channel_id,
        "message_id": key.message_id,
        "sent_at": message.sent_at,
        "version_at": message.version_at,
        "version_seq": message.sequence,
        "text": message.text,
        "edited_at": message.edited_at,
        # orjson knows no integer beyond 64 bits; what the contract let pass is passed on.
        "photos": orjson.Fragment(_photos.encode(message.photos)) if message.photos else [],
        "media_type": message.media_type,
        "album_id": message.album_id,
        "origin_name": message.origin.name if message.origin else None,
        "source": message.source,
        "gateway_received_at": message.received_at,
        "traceparent": message.traceparent,
    }


def _tombstone(message: Message, key: Key) -> Row:
    return {**key._asdict(), "sent_at": message.sent_at, "deleted_at": message.deleted_at}


def _signal_columns(signal: Signal) -> Row:
    """What a signal adds. Prices are texts: JSON numbers are not for money."""
    numbered = signal.targets
    return {
        "signal_type": signal.signal_type,
        "asset": signal.asset,
        "direction": signal.direction,
        "buy_min": _text(signal.buy_min),
        "buy_max": _text(signal.buy_max),
        "target_1": _text(numbered[0]) if numbered else None,
        "target_2": _text(numbered[1]) if len(numbered) > 1 else None,
        "target_final": _text(signal.target_final),
        "stop": _text(signal.stop),
        "targets": [_text(price) for price in signal.all_targets],
        "valid_until": signal.valid_until,
    }


def _text(price: Decimal | None) -> str | None:
    return None if price is None else format(price, "f")


def _bytea(digest: bytes) -> str:
    return "\\x" + digest.hex()


def _kind(parsed: Signal | NotASignal | Malformed) -> Kind:
    if isinstance(parsed, Signal):
        return "signal"
    return "malformed" if isinstance(parsed, Malformed) else "not_a_signal"
