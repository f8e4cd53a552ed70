"""A row of the old system as what it was: a message, a signal, or neither. Pure.

Rows come as texts by column, so that no value of theirs can stop the reading.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

import msgspec

from contracts import wire
from contracts.errors import ContractError
from contracts.message import EARLIEST, LATEST, Message, Photo, text_digest
from ingest_api.parser.signal import Malformed, Signal
from ingest_api.parser.signal_parser import parse

Row = Mapping[str, str | None]
Channels = Mapping[str, int]  # what the old tables call a channel: its marked id

PRICES: Final = ("buy_min", "buy_max", "target_1", "target_2", "target_final", "stop")
_LABELS: Final = {
    "target_1": "Alvo 1",
    "target_2": "Alvo 2",
    "target_final": "Alvo final",
    "stop": "Stop",
}
_CENT: Final = Decimal("0.01")
_EARLIEST_MS: Final = 10**11  # below it a number of this century is one of seconds
_photos = msgspec.json.Decoder(list[Photo])


class SetAside(NamedTuple):
    """Why a row is not taken over, in one of a few sentences."""

    reason: str


class OldMessage(NamedTuple):
    """A message and when the old system had it; `reason` says what was left out, if anything."""

    message: Message
    seen_at: datetime | None
    reason: str


class OldSignal(NamedTuple):
    """A signal as the message that it stood in; its id is made up, below zero.

    `reason` says how its values relate to those of the old row.
    """

    message: Message
    ingested_at: datetime
    created_at: datetime
    source: str
    reason: str

    @property
    def text_sha256(self) -> bytes:
        """Digest of the canonical text, by which its real message is found."""
        return text_digest(self.message.text)


def message_of(row: Row, channels: Channels) -> OldMessage | SetAside:
    """A row of any shape of `forwarded_messages`."""
    channel = _channel(_first(row, "channel_id", "source_channel_id"), channels)
    sent_at = _moment(_first(row, "original_timestamp", "ts", "forwarded_at"))
    number = _integer(row.get("message_id"))
    if channel is None:
        return SetAside("its channel is no chat id; say which with --channel")
    if number is None or sent_at is None:
        return SetAside("it has no message id or no time")
    photos, reason = _pictures(row)
    message = Message(
        channel_id=channel,
        message_id=number,
        text=_first(row, "message_text", "text") or "",
        timestamp=sent_at,
        photos=photos,
        media_type=_media_type(row),
    )
    try:
        wire.check(message)
    except ContractError as error:
        return SetAside(f"the contract refuses it at {error.path}")
    return OldMessage(message, _moment(_first(row, "received_at", "forwarded_at")), reason)


def signal_of(row: Row, channels: Channels) -> OldSignal | SetAside:
    """A row of any shape of `tp_capital_signals`. What its text says stands above its columns."""
    channel, sent_at = _channel(row.get("channel"), channels), _moment(row.get("ts"))
    if reason := _foreign(row):
        return SetAside(reason)
    if channel is None:
        return SetAside("its channel is no chat id; say which with --channel")
    if sent_at is None:
        return SetAside("it has no time between 2000 and 2100")
    text = row.get("raw_message") or ""
    written = text if text.strip() else _text_of(row)
    reading = parse(written)
    if not isinstance(reading, Signal):
        kind = "cannot be read as a signal" if isinstance(reading, Malformed) else "is no signal"
        return SetAside(f"its text {kind}" if text.strip() else "no text, and no whole signal")
    reason = _likeness(row, reading) if text.strip() else "its text was empty: written anew"
    message = _standing_in(channel, written, sent_at)
    try:
        wire.check(msgspec.structs.replace(message, message_id=1))
    except ContractError as error:
        return SetAside(f"the contract refuses it at {error.path}")
    ingested_at = _moment(row.get("ingested_at")) or sent_at
    created_at = _moment(row.get("created_at")) or ingested_at
    return OldSignal(message, ingested_at, created_at, row.get("source") or "telegram", reason)


def _foreign(row: Row) -> str | None:
    """What the row is that the old program kept among the signals and is none."""
    if row.get("asset") == "__checkpoint__" or row.get("channel") == "system":
        return "a checkpoint of the old back-fill, no signal"
    return "a sample row of the old program, no signal" if row.get("source") == "sample" else None


def _standing_in(channel: int, text: str, sent_at: datetime) -> Message:
    """The message of a signal whose own is not known: its number follows from what it says.

    So the same row found twice is one message, and 52 bits are exact in JavaScript too.
    """
    told = f"{channel} {sent_at.isoformat()} ".encode() + text_digest(text)
    number = int.from_bytes(hashlib.sha256(told).digest()[:8]) >> 12
    return Message(channel_id=channel, message_id=-number - 1, text=text, timestamp=sent_at)


def _likeness(row: Row, reading: Signal) -> str:
    """How the old columns relate to what the text says."""
    told = [*reading.targets[:2], None, None][:2]
    new = [reading.buy_min, reading.buy_max, *told, reading.target_final, reading.stop]
    old = [_decimal(row.get(name)) for name in PRICES]
    if row.get("asset") == reading.asset and new == old:
        return "as it was"
    if row.get("asset") == reading.asset and list(map(_cents, new)) == list(map(_cents, old)):
        return "its rounded prices became those of its text"
    return "read anew from its text"


def _cents(price: Decimal | None) -> Decimal | None:
    """The price as numeric(12,2) keeps it."""
    return None if price is None else price.quantize(_CENT, ROUND_HALF_UP)


def _text_of(row: Row) -> str:
    """The house format from the columns of a row without text."""
    found = {name: _decimal(row.get(name)) for name in PRICES}
    price = {name: format(value, "f") for name, value in found.items() if value is not None}
    entry = " a ".join(price[name] for name in PRICES[:2] if name in price)
    lines = [row.get("signal_type") or "", f"Ativo: {row.get('asset') or ''}"]
    lines += [f"Compra: {entry}"] if entry else []
    lines += [f"{label}: {price[name]}" for name, label in _LABELS.items() if name in price]
    return "\n".join(lines).strip()


def _first(row: Row, *names: str) -> str | None:
    return next((value for name in names if (value := row.get(name)) is not None), None)


def _channel(name: str | None, channels: Channels) -> int | None:
    if name is None:
        return None
    return channels.get(name.strip()) or _integer(name.strip()) or None


def _integer(text: str | None) -> int | None:
    try:
        return int(text) if text is not None and text.isascii() else None
    except ValueError:
        return None


def _decimal(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _moment(text: str | None) -> datetime | None:
    """A time in ISO, in milliseconds or in seconds; None beyond the years that the contract has."""
    number = _integer(text)
    try:
        if number is not None:
            seconds = number / 1000 if abs(number) >= _EARLIEST_MS else number
            found = datetime.fromtimestamp(seconds, UTC)
        else:
            found = datetime.fromisoformat(text or "")
    except (ValueError, OverflowError, OSError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if EARLIEST <= found < LATEST else None


def _pictures(row: Row) -> tuple[list[Any], str]:
    """The photos of either shape; a column that holds no list costs the photos, not the message."""
    if text := row.get("photos"):
        try:
            return _photos.decode(text), "as it was"
        except (msgspec.DecodeError, UnicodeEncodeError):
            return [], "its photos could not be read"
    files = [value for name in ("photo_id", "image_url") if (value := row.get(name))]
    return list(files), "as it was"


def _media_type(row: Row) -> str | None:
    """A word for the contract; None for `text`, which the old gateway said of no media at all."""
    word = row.get("media_type") or ""
    return word if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", word) and word != "text" else None
