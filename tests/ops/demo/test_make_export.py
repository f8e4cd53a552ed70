"""The bundled export: varied, readable, and the generator's own."""

import json
from collections import Counter
from pathlib import Path

import pytest

from contracts.message import Message
from gateway_outbox.replay.entry import Skipped
from gateway_outbox.replay.import_file import read_file
from ops.demo import make_export
from ops.demo.desk import MESA_TRADES, VELOZ_TRADES

RESULT = Path(make_export.__file__).parent / "result.json"


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    """Every message of the bundled export."""
    return [entry for entry in read_file(RESULT) if isinstance(entry, Message)]


def test_the_committed_file_is_what_the_generator_writes() -> None:
    """A change of a text is a change of the file."""
    assert json.loads(RESULT.read_text(encoding="utf-8")) == make_export.export()


def test_everything_but_service_messages_reads() -> None:
    """Nothing is skipped for a fault of ours."""
    reasons = {entry.reason for entry in read_file(RESULT) if isinstance(entry, Skipped)}
    assert reasons
    assert all(reason.startswith("service message: ") for reason in reasons)


def test_three_channels_tell_at_least_240_messages(messages: list[Message]) -> None:
    """Most of them different from all others."""
    assert len(messages) >= 240
    assert len({message.channel_id for message in messages}) == 3
    assert len({message.text for message in messages}) >= 230


def test_every_variety_is_there(messages: list[Message]) -> None:
    """Edits, captions, photos without text, forwards, other media, and messages told twice."""
    media = Counter(message.media_type for message in messages)
    twice = [key for key, n in Counter(m.key for m in messages).items() if n > 1]
    assert sum(m.edited_at is not None for m in messages) >= 15
    assert sum(bool(m.photos and m.text) for m in messages) >= 10
    assert sum(bool(m.photos and not m.text) for m in messages) >= 8
    assert sum(m.origin is not None for m in messages) >= 4
    assert {"sticker", "voice", "video", "animation", "document", "poll"} <= set(media)
    assert len(twice) >= 4


@pytest.mark.parametrize(
    "mark",
    [
        "🟢Swing Trade", "🔵Day Trade", "⚡️Scalping", "Stop: (vazio)", "Book até dia",
        "DATA 12/11", "🎯 SINAL DE COMPRA", "\r\n", " \N{EN DASH} ", " até ", " à ", "Papel: ",
        "R$ ",
        "🔴 VENDA", " COMPRA entre ", "Compra em ", "BUY ", "SELL ", "TF: 15min", "aTiVo: ",
        " @ ", "ALVO 1 ATINGIDO", "CANCELADA", "19,4O", "https://", "Bom dia",
    ],
)  # fmt: skip
def test_every_dialect_and_habit_is_there(messages: list[Message], mark: str) -> None:
    """The demo shows the parser all that it claims to read."""
    assert any(mark in message.text for message in messages)


def test_every_trade_is_told(messages: list[Message]) -> None:
    """Each plan of both desks is a signal of the export."""
    words = " ".join(message.text.upper() for message in messages)
    assert all(trade.asset in words for trade in (*MESA_TRADES, *VELOZ_TRADES))
