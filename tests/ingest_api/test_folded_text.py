"""A folded text holds only what a reader sees, in small ASCII letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.parser.folded_text import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("AÇÃO à", "acao a"),
        ("Ac\u0327a\u0303o", "acao"),
        ("PE\u200bTR\u20604", "petr4"),
        ("1\u00a0\u2013\u00a02", "1 - 2"),
        ("\uff13\uff16,\uff11\uff10", "36,10"),
        ("1\ufe0f\u20e3 37", "1) 37"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("🟢x", " x"),
        ("\ud800", " "),
    ],
)
def test_what_no_reader_sees_is_gone(text: str, folded: str) -> None:
    """Accents, invisible marks, emoji, widths and line ends are folded."""
    assert fold(text) == folded


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_every_text_folds_to_small_ascii(text: str) -> None:
    """Nothing beyond ASCII is left, and folding twice changes nothing."""
    once = fold(text)
    assert once.isascii()
    assert once == once.lower()
    assert fold(once) == once
