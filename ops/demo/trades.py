"""The invented trades of the demo: an asset, prices on B3's price steps, and what became of it."""

from decimal import Decimal
from typing import NamedTuple

# Steps away from the entry in percent: one row is one trader's plan for a kind of trade.
_STOCK = (Decimal("2.2"), Decimal("4.1"), Decimal("7.5"), Decimal("-2.8"))
_DAY = (Decimal("0.9"), Decimal("1.7"), Decimal("2.6"), Decimal("-1.1"))
_OPTION = (Decimal(18), Decimal(55), Decimal(120), Decimal(-35))
_FUTURE = (Decimal("0.16"), Decimal("0.31"), Decimal("0.52"), Decimal("-0.14"))


class Trade(NamedTuple):
    """One plan. Prices in reais or points; `high` equals `low` for a single entry price."""

    asset: str
    kind: str
    side: str
    low: Decimal
    high: Decimal
    first: Decimal
    second: Decimal
    final: Decimal
    stop: Decimal


def plan(asset: str, price: str, kind: str = "Swing Trade", side: str = "buy") -> Trade:
    """A trade around a price. The asset's form tells its price step and its reach."""
    base, step = Decimal(price), _step(asset)
    steps = _steps(asset, kind)
    sign = 1 if side == "buy" else -1
    first, second, final, stop = (
        _round(base * (1 + sign * percent / 100), step) for percent in steps
    )
    high = _round(base * (1 + abs(steps[3]) / 400), step)
    return Trade(asset, kind, side, _round(base, step), high, first, second, final, stop)


def _steps(asset: str, kind: str) -> tuple[Decimal, ...]:
    if asset.startswith(("WIN", "WDO", "IND", "DOL")):
        return _FUTURE
    if len(asset) > len("KLBN11"):
        return _OPTION
    return _STOCK if kind == "Swing Trade" else _DAY


def _step(asset: str) -> Decimal:
    if asset.startswith(("WIN", "IND")):
        return Decimal(5)
    return Decimal("0.5") if asset.startswith(("WDO", "DOL")) else Decimal("0.01")


def _round(price: Decimal, step: Decimal) -> Decimal:
    return (price / step).quantize(Decimal(1)) * step


def comma(price: Decimal) -> str:
    """As Brazilians write: `1.234,50`, and points without decimals."""
    return plain(price, ",").translate(str.maketrans(",.", ".,"))


def plain(price: Decimal, thousands: str = "") -> str:
    """With a decimal point: `1234.50`, and whole points without decimals."""
    whole = price == price.to_integral_value() and price > 10_000  # noqa: PLR2004  # index points
    text = f"{price:,.0f}" if whole else f"{price:,.2f}"
    return text.replace(",", thousands)


def percent(trade: Trade, price: Decimal) -> str:
    """The gain at a price, signed, as traders post it."""
    sign = 1 if trade.side == "buy" else -1
    return f"{sign * (price / trade.low - 1) * 100:+.2f}%".replace(".", ",")
