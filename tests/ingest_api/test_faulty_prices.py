"""What cannot be read, price or asset: healed by another, a fault worth telling, or only chat."""

import pytest

from ingest_api.parser.signal import Malformed, NotASignal, Signal
from ingest_api.parser.signal_parser import MAX_TARGETS, parse

WHOLE = "Ativo: PETR4\nCompra: 1,00\nAlvo: 2,00\nStop: 0,50"


@pytest.mark.parametrize(
    ("written", "with_fault"),
    [
        ("Compra: 1,00", "Compra: abc\nCompra: 1,00"),
        ("Stop: 0,50", "Stop: abc\nStop: 0,50"),
        ("Alvo: 2,00", "Alvo: 10%\nAlvo: 2,00"),
    ],
)
def test_a_readable_price_of_the_same_kind_heals(written: str, with_fault: str) -> None:
    """The text reads as if the unreadable line were not there."""
    assert parse(WHOLE.replace(written, with_fault)) == parse(WHOLE)


@pytest.mark.parametrize(
    ("written", "fault", "found"),
    [
        ("Compra: 1,00", "Compra: abc", "'compra:' is followed by 'abc'"),
        ("Stop: 0,50", "Stop: abc", "'stop:' is followed by 'abc'"),
        ("Stop: 0,50", "Stop: 10%", "'stop:' is followed by '10%'"),
        ("Alvo: 2,00", "Alvo: 10%", "'alvo:' is followed by '10%'"),
        # Which of several targets a word stands for, nobody knows: no other heals it.
        ("Alvo: 2,00", "Alvo: abc\nAlvo: 2,00", "'alvo:' is followed by 'abc'"),
    ],
)
def test_a_fault_that_nothing_heals_is_told(written: str, fault: str, found: str) -> None:
    """The reason names the label and what stands behind it."""
    reading = parse(WHOLE.replace(written, fault))
    assert reading == Malformed(f"PETR4: {found}; a price is written 0,84 or 0.84")


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("PETR4 alvo: abc stop: 3,00", True),  # two kinds of label
        ("PETR4 alvo: abc alvo final: 3,00", False),  # the final target is a target
        ("PETR4: 9,31 alvo: abc", False),  # a price right behind the asset is no label
        ("Ativo: PETR4\nentrada: abc", True),  # an entry alone, for an asset that is labelled
        ("Ativo: PETR4\nAlvo: abc", False),
        ("PETR4 entrada: abc", False),
        ("compra PETR4 entrada: abc", False),  # behind "buy" is less than behind a label
    ],
)
def test_an_unreadable_price_among_chat_is_no_fault(text: str, is_told: bool) -> None:  # drawn
    """It takes labels of two kinds, or a labelled asset with an entry."""
    assert isinstance(parse(text), Malformed if is_told else NotASignal)


def test_millions_are_read_in_both_dialects() -> None:
    """More than one mark of thousands; the last mark of the other kind parts the decimals."""
    reading = parse("PETR4 compra: 1.234.567,89 alvo: 2,345,678.90 stop 1,00")
    assert isinstance(reading, Signal)
    assert (str(reading.buy_min), str(reading.targets[0])) == ("1234567.89", "2345678.90")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (WHOLE.replace("PETR4", "petrobras"), "petrobras"),
        (WHOLE.replace("PETR4", "x" * 60), "x" * 40),  # as much as one looks at
        (WHOLE.replace("PETR4", ""), ""),
        ("Ativo: petrobras\nCompra: 1,00\nAlvo: 2,00", ""),
        ("Ativo: petrobras\nCompra: 1,00\nStop: 0,50", ""),
        ("Ativo: petrobras\nAlvo: 2,00\nStop: 0,50", ""),
    ],
)
def test_a_whole_signal_for_a_name_that_is_no_code_is_told(text: str, name: str) -> None:
    """Entry, target and stop together with a labelled name; with less it is chat."""
    told = Malformed(f"the asset reads '{name}', which is no code of B3's")
    assert parse(text) == (told if name else NotASignal())


LONG = f"'1.2.3.{'4' * 34}' is no price; write 5.432,50 or 41.20"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("PETR4 compra 1,00 alvo 0,50 stop 1,00", "stop 1.00 and target 0.50 suit no buy"),
        ("PETR4 venda 1,00 alvo 2,00 stop 1,00", "stop 1.00 and target 2.00 suit no sell"),
        ("PETR4 compra 1,00 alvo 1,00 stop 2,00", ""),  # one odd price alone is the author's
        ("PETR4 venda 1,00 alvo 1,00 stop 0,50", ""),
        ("PETR4 compra 1,00 alvo 0,00 stop 0,50", "a price is zero; only a stop may be"),
        (f"PETR4 compra 1.2.3.{'4' * 60} alvo 2,00 stop 0,50", LONG),
    ],
)
def test_prices_that_cannot_belong_together_are_told(text: str, reason: str) -> None:
    """The reason names the asset and the prices; a price is quoted as far as one looks at it."""
    reading = parse(text)
    if reason:
        assert reading == Malformed(f"PETR4: {reason}")
    else:
        assert isinstance(reading, Signal)


def test_there_may_be_so_many_targets_and_no_more() -> None:
    """The reason names the asset, the number and the limit."""
    text = WHOLE + "".join(f"\nAlvo {n}: {n},00" for n in range(3, MAX_TARGETS + 2))
    reading = parse(text)
    assert isinstance(reading, Signal)
    assert len(reading.all_targets) == MAX_TARGETS
    told = f"PETR4 has {MAX_TARGETS + 1} targets, over {MAX_TARGETS}"
    assert parse(f"{text}\nAlvo final: 99,00") == Malformed(told)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("CPLE6: 9,31 alvo 10,00 stop 9,00", ("9.31", "9.31")),
        ("CPLE6: 9,31-9,38 alvo 10,00", ("9.31", "9.38")),
        ("CPLE6: 9,31-9,38 stop 9,00", ("9.31", "9.38")),
        ("CPLE6: 9,31 compra 9,40 alvo 10,00 stop 9,00", ("9.40", "9.40")),
        ("CPLE6: 9,31 alvo 10,00", None),
        ("CPLE6: 9,31 stop 9,00", None),
        ("CPLE6: 9,31-9,38", None),
    ],
)
def test_a_price_behind_the_asset_is_an_entry_when_the_rest_agrees(
    text: str, entry: tuple[str, str] | None
) -> None:
    """One price needs target and stop beside it, a range one of them; a label stands above both."""
    reading = parse(text)
    if entry is None:
        assert isinstance(reading, NotASignal)
    else:
        assert isinstance(reading, Signal)
        assert (str(reading.buy_min), str(reading.buy_max)) == entry
