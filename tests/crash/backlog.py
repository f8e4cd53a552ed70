"""An outbox with very many pending rows, made by SQL in seconds: a week of outage in a file."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from contracts import wire
from contracts.message import text_digest
from gateway_outbox.outbox import outbox_file
from tests.messages import CHANNEL, SENT, message

CHANNELS = 20
_TEXT = "COMPRA PETR4\nEntrada: 38,50 a 38,90\nAlvo 1: 40,10\nAlvo 2: 41,00\nStop: 37,20\nordem {}"
_INSERT = (
    "INSERT INTO outbox (channel_id, message_id, revision, text_sha256, source, payload,"
    " payload_sha256, appended_ms) VALUES (?, ?, 0, ?, 'replay', ?, ?, ?)"
)
_Row = tuple[int, int, bytes, bytes, bytes, int]


def fill(path: Path, count: int) -> None:
    """A sound outbox with `count` pending rows in 20 channels, one after the other, closed."""
    outbox_file.prepare(path)
    with closing(outbox_file.connect(path)) as connection:
        for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -262144"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        for channel in range(CHANNELS):
            share = range(channel * count // CHANNELS, (channel + 1) * count // CHANNELS)
            connection.executemany(_INSERT, _rows(CHANNEL + channel, share))
        connection.execute("UPDATE counter SET value = ? WHERE name = 'appended'", (count,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    os.sync()  # else the first start pays for the writing of it all


def _rows(channel: int, numbers: range) -> Iterator[_Row]:
    received = datetime.now(UTC)
    pattern = _pattern(channel, received)
    for number in numbers:
        payload = pattern % (number + 1, number)
        digest = hashlib.sha256(payload).digest()
        text = text_digest(_TEXT.format(number))
        yield (channel, number + 1, text, payload, digest, int(received.timestamp() * 1000))


def _pattern(channel: int, received: datetime) -> bytes:
    """The encoded message with places for its number and its order: encoding each takes longer."""
    whole = msgspec.structs.replace(
        message(111111111, _TEXT.format(222222222), channel=channel),
        timestamp=SENT,
        source="replay",
        received_at=received,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    encoded = wire.encode(whole).replace(b"%", b"%%")
    return encoded.replace(b"111111111", b"%d", 1).replace(b"222222222", b"%d", 1)
