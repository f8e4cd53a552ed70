"""Which figures of a text are prices, and which count, measure, repeat or say something else."""

from decimal import Decimal
from typing import NamedTuple

import pytest

from ingest_api.parser.signal import Malformed, Signal
from ingest_api.parser.signal_parser import parse


class Told(NamedTuple):
    """The prices of a signal, as they were written with a point."""

    entry: str
    targets: str
    final: str
    stop: str


PLAIN = Told("36.10", "37.00", "", "35.00")
FIGURES = {
    "how many, before the asset": ("Compra 100 PETR4 a 36,10\nAlvo 37,00\nStop 35,00", PLAIN),
    "how much is risked": ("PETR4 compra (risco 5%) 36,10\nAlvo: 37,00\nStop: 35,00", PLAIN),
    "what a price means in percent": (
        "PETR4\nCompra: 36,10\nAlvo: 37,00 2,5%\nStop: 35,00 3%",
        PLAIN,
    ),
    "what a price was before": (
        "PETR4\nCompra: 36,10 (era 36,40)\nAlvo: 37,00 (antes 36,80)\nStop: 35,00 (34,00)",
        PLAIN,
    ),
    "a dash before each": ("PETR4\nCompra -36,10\nAlvo -37,00\nStop -35,00", PLAIN),
    "a dash for a range": (
        "PETR4\nCompra: 36,10 -36,40\nAlvo: 37,00 -38,00\nStop: 35,00",
        Told("36.10 36.40", "37.00 38.00", "", "35.00"),
    ),
    "nothing for a range": (
        "PETR4\nCompra: 36,10 36,40\nAlvo: 37,00 38,00\nStop: 35,00",
        Told("36.10 36.40", "37.00 38.00", "", "35.00"),
    ),
    "a second stop": ("PETR4\nCompra: 36,10\nAlvo: 37,00\nStop: 35,00 34,00", PLAIN),
    "a second price behind words": (
        "PETR4\nCompra: 36,10 a vista 36,20\nAlvo: 37,00\nStop: 35,00",
        PLAIN,
    ),
    "a line of prose under a label": (
        "PETR4\nCompra: 36,10\nStop: 35,00\nAlvo: 37,00\nAlvos\n3 bons\nmotivos",
        PLAIN,
    ),
    "the number of a target": (
        "PETR4\nCompra: 36,10\nAlvo 2 - R$ 37,00\nStop: 35,00",
        PLAIN,
    ),
    "the final target, said twice": (
        "PETR4\nCompra: 36,10\nAlvo final: 39,00\nStop: 35,00\nAlvo final: 39,00",
        Told("36.10", "", "39.00", "35.00"),
    ),
}
FAULTS = {
    "two numbers without a comma": (
        "PETR4\nCompra: 36 10\nAlvo: 37,00\nStop: 35,00",
        "'compra' has two numbers: '36 10'",
    ),
    "a price below zero": (
        "PETR4\nCompra: -36,10\nAlvo: 37,00\nStop: 35,00",
        "'compra:' has the negative price '-36,10'",
    ),
}


def prices(*found: Decimal | None) -> str:
    """Prices that are there, with a point."""
    return " ".join(str(each) for each in dict.fromkeys(found) if each is not None)


@pytest.mark.parametrize(("text", "told"), FIGURES.values(), ids=FIGURES)
def test_what_a_figure_is(text: str, told: Told) -> None:
    """Prices are those behind a label, and no others."""
    found = parse(text)
    assert isinstance(found, Signal)
    entry = prices(found.buy_min, found.buy_max)
    final, stop = prices(found.target_final), prices(found.stop)
    assert Told(entry, prices(*found.targets), final, stop) == told


@pytest.mark.parametrize(("text", "reason"), FAULTS.values(), ids=FAULTS)
def test_what_no_price_can_be_is_said(text: str, reason: str) -> None:
    """It is not read as another price."""
    found = parse(text)
    assert isinstance(found, Malformed)
    assert reason in found.reason
