"""Prices as Brazilians write them: `5.432,50`, `0,84`, `132.450`, and plain `41.20`.

A dot or a comma before exactly three digits may part thousands or decimals. The other prices of
the same message decide, and the asset where they say nothing.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

MAX_INTEGER_DIGITS = 15
MAX_DECIMALS = 8
_GROUP = 3
_MARKS = frozenset(".,")


class Habit(NamedTuple):
    """Whether a lone dot, and a lone comma, before three digits parts thousands."""

    dot_groups: bool
    comma_groups: bool


_CLEAR = Habit(dot_groups=False, comma_groups=False)


def habit_of(prices: Sequence[str], *, dot_groups: bool, comma_groups: bool) -> Habit:
    """The habit that the clear prices show; the two flags are for where none of them is clear.

    Raises nothing; what is no number shows no habit.
    """
    if all(price[-4:-3] not in _MARKS for price in prices):
        return _CLEAR  # every price is clear on its own, as in nearly all messages
    marks = {mark for price in prices for mark in _marks(price)}
    if "decimal ." in marks or "groups ," in marks:
        return Habit(dot_groups=False, comma_groups="decimal ," not in marks)
    if "decimal ," in marks or "groups ." in marks:
        return Habit(dot_groups=True, comma_groups=False)
    wide = "open . wide" in marks and "open . narrow" not in marks
    return Habit(dot_groups=dot_groups or wide, comma_groups=comma_groups)


def _marks(price: str) -> tuple[str, ...]:
    """What one written price says: `decimal .`, `groups ,`, `open . wide` and the like."""
    dot, comma = price.rfind("."), price.rfind(",")
    if dot < 0 and comma < 0:
        return ()
    last, other = (".", ",") if dot > comma else (",", ".")
    if min(dot, comma) >= 0:
        return (f"decimal {last}", f"groups {other}")
    whole, _, rest = price.partition(last)
    if last in rest:
        return (f"groups {last}",)
    if not _is_open(whole, rest):
        return (f"decimal {last}",)
    return (f"open {last} {'wide' if len(whole) == _GROUP else 'narrow'}",)


def _is_open(whole: str, fraction: str) -> bool:
    """Whether `whole` and `fraction`, parted by one mark, may be thousands as well as decimals."""
    return len(fraction) == _GROUP and 0 < len(whole) <= _GROUP and whole[0] != "0"


def read_price(price: str, habit: Habit) -> Decimal | None:
    """The number that a run of digits, dots and commas means, its scale kept; None: unreadable.

    Unreadable are misplaced thousands, over 15 digits before the decimals or over 8 behind.
    """
    dot, comma = price.rfind("."), price.rfind(",")
    if dot < 0 and comma < 0:
        return _number(price, "")
    mark, other = (".", ",") if dot > comma else (",", ".")
    whole, _, fraction = price.rpartition(mark)
    if min(dot, comma) >= 0:
        return _number(_joined(whole.split(other)), fraction)
    groups = habit.dot_groups if mark == "." else habit.comma_groups
    if mark in whole or (groups and _is_open(whole, fraction)):
        return _number(_joined(price.split(mark)), "")
    return _number(whole, fraction)


def _joined(groups: list[str]) -> str:
    """Thousands without their marks; empty when a group has not its three digits."""
    if not 0 < len(groups[0]) <= _GROUP or any(len(group) != _GROUP for group in groups[1:]):
        return ""
    return "".join(groups)


def _number(whole: str, fraction: str) -> Decimal | None:
    if len(whole) > MAX_INTEGER_DIGITS or len(fraction) > MAX_DECIMALS:
        return None
    if not (whole + fraction).isdecimal() or not whole:
        return None
    return Decimal(f"{whole}.{fraction}" if fraction else whole)
