"""B3's codes are known by their shape; everyday words with a digit are not codes."""

import pytest

from ingest_api.parser.asset_code import (
    is_code,
    is_named_code,
    may_hold_code,
    trades_in_index_points,
    trades_in_thousands,
)

CODES = (
    "petr4", "petr4f", "b3sa3", "taee11", "aapl34", "m1ta34", "bova11", "petrk328",
    "petrk328w2", "b3sak125", "bovaw32", "winz26", "wdof27", "indz26", "di1f29", "winfut",
    "abevk122",
)  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_known_by_its_shape(code: str) -> None:
    """Shares, units, BDRs, ETFs, options, weekly options and futures; the quick look agrees."""
    assert is_code(code)
    assert is_named_code(code)
    assert may_hold_code(f"x {code} y")


@pytest.mark.parametrize("word", ["ativo", "tp1", "t1", "covid19", "aula10", "b2b", "mp3", "win"])
def test_an_everyday_word_is_no_code(word: str) -> None:
    """Labels with numbers and common words stay words."""
    assert not is_code(word)


def test_futures_by_name_are_codes_behind_a_label_only() -> None:
    """`WIN` is a word unless the text calls it an asset."""
    assert is_named_code("win")
    assert not is_named_code("invalid")


def test_only_index_and_dollar_contracts_trade_in_thousands() -> None:
    """`132.450` is thousands for a WIN; a share and an interest rate have decimals."""
    assert [trades_in_thousands(code) for code in ("WINZ26", "WDOF27", "WINFUT", "DI1F29")] == [
        True,
        True,
        True,
        False,
    ]
    assert not trades_in_thousands("PETR4")
    assert not trades_in_thousands("INDG4")  # a share whose code begins like the contract's
    assert trades_in_index_points("INDZ26")
    assert not trades_in_index_points("WDOF27")
