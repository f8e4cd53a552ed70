"""A signal written in any of the channel's ways reads back as itself."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ingest_api.parser.signal import Signal
from ingest_api.parser.signal_parser import parse

ASSETS = st.sampled_from(
    ["PETR4", "B3SA3", "TAEE11", "AAPL34", "BOVA11", "PETRW385", "PETRK328W2", "PETR4F", "M1TA34"]
)
CENTS = st.integers(min_value=1, max_value=99_999_999)
BLANKS = st.sampled_from(["", " ", "  ", "\u00a0", "\t", "\u200b "])
EMOJI = st.sampled_from(["", "🎯 ", "💰", "✅ ", "⚡️"])
DIALECTS = {
    "house": ("Ativo:", "Compra:", "Venda:", "Alvo {}:", "Alvo final:", "Stop:"),
    "capitals": ("ATIVO", "COMPRA", "VENDA", "ALVO {}", "ALVO FINAL", "STOP"),
    "bold": ("**Papel:**", "**Compra:**", "**Venda:**", "**TP{}:**", "**TF:**", "**SL:**"),
    "plain": ("Papel:", "compra:", "venda:", "objetivo {}:", "alvo final:", "stop loss:"),
}
RANGES = st.sampled_from([" a ", " à ", " até ", " - ", " \u2013 ", "-", " / ", " e "])


def written(price: Decimal, *, commas: bool) -> str:
    """A price with thousands marks and two decimals in one of both habits."""
    text = f"{price:,.2f}"
    return text.translate(str.maketrans(",.", ".,")) if commas else text


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    """Signals whose stop and targets lie on their sides of the entry."""
    cents = sorted(draw(st.lists(CENTS, min_size=6, max_size=6, unique=True)))
    prices = [Decimal(value).scaleb(-2) for value in cents]
    sell = draw(st.booleans())
    stop, first, second, *targets = prices[::-1] if sell else prices
    kept = draw(st.integers(min_value=0, max_value=2))
    final = draw(st.sampled_from([None, targets[2]]))
    numbered = tuple(targets[:kept])
    return Signal(
        asset=draw(ASSETS),
        direction="sell" if sell else "buy",
        signal_type=draw(st.sampled_from(["Swing Trade", "Day Trade", "Scalping", "Position"])),
        buy_min=min(first, second),
        buy_max=max(first, second),
        targets=numbered,
        target_final=final,
        stop=draw(st.sampled_from([None, stop])),
        valid_until=draw(st.sampled_from([None, "14/11", "20/11/2026"])),
        all_targets=(*numbered, *([final] if final is not None else [])),
    )


def lines_of(signal: Signal, dialect: str, commas: bool, joint: str) -> list[str]:
    """A signal's lines, without the type line, in the house's order."""
    asset, buy, sell, target, final, stop = DIALECTS[dialect]
    side = sell if signal.direction == "sell" else buy
    assert signal.buy_min is not None
    assert signal.buy_max is not None
    ends = (written(signal.buy_min, commas=commas), written(signal.buy_max, commas=commas))
    lines = [f"{asset} {signal.asset}", f"{side} {joint.join(ends)}"]
    for number, price in enumerate(signal.targets, 1):
        lines.append(f"{target.format(number)} {written(price, commas=commas)}")
    if signal.target_final is not None:
        lines.append(f"{final} {written(signal.target_final, commas=commas)}")
    if signal.stop is not None:
        lines.append(f"{stop} {written(signal.stop, commas=commas)}")
    return lines


@given(signals(), st.sampled_from(sorted(DIALECTS)), st.booleans(), RANGES, st.data())
def test_a_written_signal_reads_back_as_itself(
    signal: Signal,
    dialect: str,
    commas: bool,
    joint: str,
    data: st.DataObject,
) -> None:
    """Habit, dialect, range mark, emoji, blanks, ends of lines: the reading is the same."""
    lines = [signal.signal_type, *lines_of(signal, dialect, commas, joint)]
    if signal.valid_until:
        lines.append(f"Válido até {signal.valid_until}")
    dressed = [data.draw(EMOJI) + line + data.draw(BLANKS) for line in lines]
    assert parse(data.draw(st.sampled_from(["\n", "\r\n", "\n\n"])).join(dressed)) == signal


@given(signals(), st.sampled_from(sorted(DIALECTS)), st.booleans(), st.data())
def test_the_order_of_lines_makes_no_difference(
    signal: Signal,
    dialect: str,
    commas: bool,
    data: st.DataObject,
) -> None:
    """Shuffled lines give the same signal; only `all_targets` follows the writing."""
    lines = data.draw(st.permutations(lines_of(signal, dialect, commas, " a ")))
    reading = parse("\n".join([signal.signal_type, *lines]))
    assert isinstance(reading, Signal)
    assert sorted(reading.all_targets) == sorted(signal.all_targets)
    for name in ("asset", "direction", "buy_min", "buy_max", "targets", "target_final", "stop"):
        assert getattr(reading, name) == getattr(signal, name)
