"""The parser reads every labelled text as labelled, never raises, and its work is linear."""

import json
import sys
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.parser.signal import Malformed, NotASignal, Reading, Signal
from ingest_api.parser.signal_parser import parse
from ingest_api.parser.signal_reader import TOKEN

pytestmark = pytest.mark.fuzz
HERE = Path(__file__).parent
KINDS: dict[type, str] = {
    Signal: "signal",
    NotASignal: "not_a_signal",
    Malformed: "malformed",
}
SIZE = 4096
HOSTILE = (
    "1", "9.", "1,", "1.234.", "-", " ", "\n", ":", "/", "a", "a1", "1a", "11/11/", "11:11:",
    "PETR4 ", "PETR4 1 ", "Compra: 1 a ", "Compra: x ", "Alvo 1: ", "Alvo 1: 1,00 ", "Alvos 1, ",
    "alvo final ", "stop ", "(", ")(", "Ativo: ", "Ativo: x ", "compra ou venda ", "day ",
    "\u0301\u0323", "\U0001f600", "\u200b", "\ud800", "até 14/11 ", "atingido ", "PETR4 atingido ",
    "http://", "https://x", "Compra PETR4 1,00\n", "TP1/", "R$ -", "1.234,56 ", "\ufdfa", "\r",
    "PETR4 compra 1,00 alvo 1,00 cancelada ",
)  # fmt: skip


def labelled(name: str) -> list[Any]:
    """The rows of a labelled file, each with its number for an id."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [
        pytest.param(json.loads(line), id=f"{name}:{n}") for n, line in enumerate(lines, start=1)
    ]


def shown(reading: Reading) -> dict[str, Any] | None:
    """A signal as the labelled files write it; None for what is none."""
    if not isinstance(reading, Signal):
        return None
    prices = {name: getattr(reading, name) for name in ("buy_min", "buy_max", "target_final")}
    return {
        "asset": reading.asset,
        "direction": reading.direction,
        "signal_type": reading.signal_type,
        **{name: None if price is None else str(price) for name, price in prices.items()},
        "targets": [str(price) for price in reading.targets],
        "stop": None if reading.stop is None else str(reading.stop),
        "valid_until": reading.valid_until,
    }


@pytest.mark.parametrize("row", [*labelled("corpus.jsonl"), *labelled("signal_texts.jsonl")])
def test_a_labelled_text_reads_as_labelled(row: dict[str, Any]) -> None:
    """Kind and all nine fields, prices with the scale they were written in."""
    reading = parse(row["text"])
    assert (KINDS[type(reading)], shown(reading)) == (row["kind"], row["expected"])


@pytest.mark.parametrize("row", labelled("corpus.jsonl"))
def test_letter_case_and_line_ends_make_no_difference(row: dict[str, Any]) -> None:
    """The corpus reads alike in small letters, in capitals and with CRLF."""
    text = row["text"]
    for variant in (text.lower(), text.upper(), text.replace("\r", "").replace("\n", "\r\n")):
        assert shown(parse(variant)) == row["expected"], variant


def test_all_targets_keep_the_order_written() -> None:
    """The third and the final target are in `all_targets`, whatever `targets` can hold."""
    reading = parse(
        "Ativo: PETR4\nCompra: 1,00\nAlvo 2: 3,00\nAlvo 1: 2,00\nAlvo 3: 4,00\nTF: 5,00"
    )
    assert isinstance(reading, Signal)
    assert [str(price) for price in reading.all_targets] == ["3.00", "2.00", "4.00", "5.00"]
    assert [str(price) for price in reading.targets] == ["2.00", "3.00"]
    assert str(reading.target_final) == "5.00"


def test_a_link_that_is_stuck_to_a_price_spoils_nothing() -> None:
    """It ends where the price does; what it is made of is not read."""
    signal = parse("PETR4 compra 36,10 alvo 37,00 stop 35,50https://t.me/canal/84")
    assert isinstance(signal, Signal)
    assert (signal.stop, signal.all_targets) == (Decimal("35.50"), (Decimal("37.00"),))


def test_a_reason_names_the_asset_and_what_was_found() -> None:
    """An operator can see from the reason which label changed."""
    reading = parse("Ativo: PETR4\nCompra: abc\nStop: 35,00")
    assert isinstance(reading, Malformed)
    assert reading.reason == (
        "PETR4: 'compra:' is followed by 'abc'; a price is written 0,84 or 0.84"
    )


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_no_text_raises(text: str) -> None:
    """Any text has a reading, lone surrogates included."""
    assert isinstance(parse(text), Signal | NotASignal | Malformed)


PIECES = [token for row in HOSTILE for token in (row, row.strip())] + ["0,84", "132.450", "Stop:"]


TEXTS = [
    row.values[0]["text"] for row in (*labelled("corpus.jsonl"), *labelled("signal_texts.jsonl"))
]
CUTS = st.tuples(
    st.integers(0, 500), st.integers(0, 20), st.sampled_from(PIECES) | st.text(max_size=4)
)


@given(st.sampled_from(TEXTS), st.lists(CUTS, max_size=8))
def test_no_mutation_of_a_known_text_raises(text: str, cuts: list[tuple[int, int, str]]) -> None:
    """What is cut out of a real text, and what is put in its place, leaves a reading."""
    for place, length, put in cuts:
        text = text[:place] + put + text[place + length :]
    assert isinstance(parse(text), Signal | NotASignal | Malformed)


@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_no_mixture_of_a_signals_pieces_raises(pieces: list[str]) -> None:
    """Labels, prices and marks in any order have a reading."""
    assert isinstance(parse("".join(pieces)), Signal | NotASignal | Malformed)


def work(text: str) -> int:
    """How many lines of Python and calls into C `parse` takes for a text."""
    count = 0

    def trace(_frame: FrameType, _event: str, _argument: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("head", ["", "Ativo: PETR4\nCompra: 1,00\nAlvo: "])
def test_work_grows_no_faster_than_the_text(head: str, piece: str) -> None:
    """Four times the text takes at most about four times the steps."""
    short = head + piece * (SIZE // len(piece))
    long = head + piece * (4 * SIZE // len(piece))
    parse(short)  # fills the cache of folded characters
    assert work(long) <= 4.2 * work(short) + 200


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_token_ends_within_the_text_it_was_found_in(piece: str) -> None:
    """Tokens never overlap, so the search for them passes over the text once."""
    text = piece * 200
    assert sum(len(token) for token in TOKEN.findall(text)) <= len(text)


CHATTER = (
    "Bom dia, pessoal! 🚀",
    "📢 Novo sinal do canal",
    "Gestão de risco: no máximo 2% do capital",
    "⚠️ Não é recomendação de compra ou venda.",
    "Respeite o stop! Stop é proteção.",
    "https://example.com/canal/123",
    "Enviado às 10:32 de 09/10/2026",
    "Atenção: entrada somente na faixa indicada",
    "Compra com mão leve, 100 ações por cliente",
    "Dúvidas: (11) 99999-9999",
    "Ibov subiu 1,5% ontem, aos 132.450 pontos",
    "Buscamos os alvos com calma. Stop curto!",
    "Realizar 50% no alvo 1 e levar o resto ao alvo final",
    "Ao atingir o alvo 1, subir o stop para a entrada",
    "Ontem VALE3 bateu o alvo 2 e stopou depois ✅",
    "Parabéns a quem pegou o gain de 12% na semana passada",
    "Opção série semanal, vencimento 20/11",
)
COUNTED = [row for row in labelled("corpus.jsonl") if row.values[0]["kind"] == "signal"]


@pytest.mark.parametrize("line", CHATTER)
@pytest.mark.parametrize("row", COUNTED)
def test_a_line_of_chatter_before_or_after_changes_nothing(row: Any, line: str) -> None:
    """What people say around a signal leaves its reading as it was."""
    for text in (f"{line}\n\n{row['text']}", f"{row['text']}\n\n{line}", f"{row['text']}\n{line}"):
        assert shown(parse(text)) == row["expected"], text
