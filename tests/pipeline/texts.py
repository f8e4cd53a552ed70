"""Texts of messages for the state machine: signals, what is none, and variants of each."""

import unicodedata

from hypothesis import strategies as st

_ASSETS = st.sampled_from(["PETR4", "VALE3", "MGLU3", "WINZ25"])
_PRICES = st.integers(100, 9_999).map(lambda cents: f"{cents // 100},{cents % 100:02d}")


@st.composite
def signals(draw: st.DrawFn) -> str:
    """A signal that the parser reads."""
    asset, price = draw(_ASSETS), draw(_PRICES)
    lines = [f"Ativo: {asset}", f"Compra: {price}", f"Alvo 1: {draw(_PRICES)}"]
    lines += [f"Stop: {draw(_PRICES)}"] if draw(st.booleans()) else []
    return "\n".join(lines)


chatter = st.sampled_from(
    [
        "",
        "Bom dia, traders!",
        "Atenção: o pregão já começou",
        "Ativo: PETR4",
        "🚀🚀",
        "a'b\"c\\d\te",
    ]
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Any of them, now and then decomposed or with blanks at the ends."""
    text = draw(signals() | chatter)
    text = unicodedata.normalize("NFD", text) if draw(st.booleans()) else text
    return draw(st.sampled_from([text, text, f"  {text}\n"]))
