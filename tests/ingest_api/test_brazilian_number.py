"""Brazilian and plain numbers are told apart by the message's own habits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.parser.brazilian_number import Habit, habit_of, read_price

PLAIN = Habit(dot_groups=False, comma_groups=False)


@pytest.mark.parametrize(
    ("prices", "read"),
    [
        (["5.432,50", "5.425"], ["5432.50", "5425"]),
        (["5,432.50", "5,425"], ["5432.50", "5425"]),
        (["132.450", "132.500"], ["132450", "132500"]),
        (["0.125", "1.250"], ["0.125", "1.250"]),
        (["36.10", "36.125"], ["36.10", "36.125"]),
        (["0,445", "0,46"], ["0.445", "0.46"]),
        (["52,10", "1.250"], ["52.10", "1250"]),
        (["12.450", "12.900"], ["12.450", "12.900"]),
        (["1.245.300", "900.000"], ["1245300", "900000"]),
        (["41.20", "7", "132450"], ["41.20", "7", "132450"]),
        (["1.234.567,89", "5.425"], ["1234567.89", "5425"]),
        (["1,234,567.89", "5,425"], ["1234567.89", "5425"]),
        (["132.450", "5.425"], ["132.450", "5.425"]),  # one wide, one narrow: neither decides
        (["9" * 15, "1,12345678"], ["9" * 15, "1.12345678"]),  # as long as may be
        (["1,234,567", "5,425"], ["1234567", "5425"]),
        (["1.245.300", "5.425"], ["1245300", "5425"]),
        (["41.20", "0,84", "5,425"], ["41.20", "0.84", "5.425"]),  # both are decimals: so is it
        (["7", "5.425"], ["7", "5.425"]),  # what has no mark says nothing
        (["1.5", "5.425"], ["1.5", "5.425"]),
    ],
)
def test_the_messages_habit_decides(prices: list[str], read: list[str]) -> None:
    """Clear prices tell how the unclear ones beside them are meant; the scale is kept."""
    habit = habit_of(prices, dot_groups=False, comma_groups=False)
    assert [str(read_price(price, habit)) for price in prices] == read


def test_the_asset_decides_where_no_price_is_clear() -> None:
    """The flags are asked only for prices that are all unclear."""
    unclear, clear = ["5.412"], ["5.412", "0.980"]
    assert habit_of(unclear, dot_groups=True, comma_groups=False).dot_groups
    assert not habit_of(clear, dot_groups=True, comma_groups=False).dot_groups


def test_a_price_that_begins_with_its_mark_is_clear() -> None:
    """It is a decimal mark, and decides for the others."""
    dots, commas = Habit(dot_groups=True, comma_groups=False), PLAIN
    assert habit_of([".125"], dot_groups=True, comma_groups=False) == commas._replace(
        comma_groups=True
    )
    assert habit_of([",125"], dot_groups=False, comma_groups=True) == dots
    assert habit_of([".1,234"], dot_groups=False, comma_groups=False) == dots


@pytest.mark.parametrize(
    "price",
    [
        ".234.567",
        "36,1,0",
        "1.23.456",
        "5.432.5",
        "9" * 16,
        "1,123456789",
        "2h30",
        "1.2,3.4",
        "1.2,345.6",
        ".",
    ],
)
def test_what_is_no_number_is_none(price: str) -> None:
    """Misplaced thousands, too many digits and stray letters are refused."""
    assert read_price(price, PLAIN) is None


@given(st.text(alphabet="0123456789.,x", min_size=1, max_size=40), st.booleans(), st.booleans())
def test_no_text_raises(price: str, dots: bool, commas: bool) -> None:  # drawn
    """Any text is a number or None, whatever the habit."""
    habit = habit_of([price], dot_groups=dots, comma_groups=commas)
    assert isinstance(read_price(price, habit), Decimal | None)
