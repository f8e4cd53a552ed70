"""Telegram text -> Signal | NotASignal | Malformed: pure, linear in the text, never raises.

The rule: a signal is an asset, and either an entry price or both a target and a stop.
docs/reference/parser.md tells the rest.
"""

import re
from decimal import Decimal
from typing import Final

from ingest_api.parser.asset_code import may_hold_code, trades_in_index_points, trades_in_thousands
from ingest_api.parser.brazilian_number import habit_of, read_price
from ingest_api.parser.folded_text import fold
from ingest_api.parser.follow_up import is_follow_up
from ingest_api.parser.signal import Malformed, NotASignal, Reading, Signal
from ingest_api.parser.signal_labels import DEFAULT_TYPE, LABELS, PRICE_LABELS
from ingest_api.parser.signal_notes import FINAL_ORDINAL, Fault, Notes
from ingest_api.parser.signal_reader import TOKEN, take_notes

MAX_TARGETS: Final = 20
_NUMBERED_TARGETS: Final = 2
_DIGIT: Final = re.compile(r"\d")
_FIGURE: Final = re.compile(r"(?<![a-z0-9])[0-9]")
_ADDRESS: Final = re.compile(r"https?://\S*")
_NO_SIGNAL: Final = NotASignal()


def parse(text: str) -> Reading:
    """What `text` says. Raises nothing, whatever the text."""
    if not _DIGIT.search(text):
        return _NO_SIGNAL
    plain = fold(text)
    if not may_hold_code(plain) and not any(label in plain for label in LABELS["asset"]):
        return _NO_SIGNAL
    if ":" not in plain and not _FIGURE.search(plain):
        return _NO_SIGNAL  # neither a price nor a label that promises one
    if "://" in plain:
        plain = _ADDRESS.sub(" ", plain)
    tokens = TOKEN.findall(plain)
    if PRICE_LABELS.isdisjoint(tokens):
        return _NO_SIGNAL
    return _judge(take_notes(tokens))


def _judge(notes: Notes) -> Reading:
    faults = [fault for fault in notes.faults if fault.certain or not _is_healed(notes, fault)]
    if not notes.asset:
        return _without_asset(notes)
    _settle_weak_entry(notes)
    complete = bool(notes.entries or (notes.targets and notes.stop))
    if not complete and not (faults and _looks_like_signal(notes)):
        return _NO_SIGNAL
    if is_follow_up(notes):
        return _NO_SIGNAL
    if faults and _looks_like_signal(notes):
        return Malformed(f"{notes.asset}: {faults[0].reason}; a price is written 0,84 or 0.84")
    return _priced(notes)


def _is_healed(notes: Notes, fault: Fault) -> bool:
    """Whether the slot of an unreadable price has a readable one elsewhere in the text."""
    if fault.slot == "entry":
        return bool(notes.entries)
    if fault.slot == "stop":
        return bool(notes.stop)
    return "%" in fault.reason and bool(notes.targets)


def _looks_like_signal(notes: Notes) -> bool:
    """Whether labels of a signal stand around an unreadable price, so that chat is no fault."""
    kinds = {"target" if slot == "final" else slot for slot in notes.seen} - {"weak"}
    return len(kinds) > 1 or (notes.rank > _NUMBERED_TARGETS and "entry" in kinds)


def _without_asset(notes: Notes) -> Reading:
    whole = notes.entries and notes.targets and notes.stop
    if whole and notes.unread_name:
        return Malformed(f"the asset reads '{notes.unread_name[:40]}', which is no code of B3's")
    return _NO_SIGNAL


def _settle_weak_entry(notes: Notes) -> None:
    """Take prices right behind the asset (`CPLE6: 9,31-9,38`) for the entry if the rest agrees."""
    if notes.entries or not notes.weak:
        return
    is_range = len(notes.weak) > 1
    if (notes.targets and notes.stop) or (is_range and (notes.targets or notes.stop)):
        notes.entries = notes.weak


def _priced(notes: Notes) -> Reading:
    """The signal with its numbers read, or why one of them cannot be."""
    targets = [target.price for target in notes.targets]
    if len(targets) > MAX_TARGETS:
        return Malformed(f"{notes.asset} has {len(targets)} targets, over {MAX_TARGETS}")
    written = [*notes.entries, *targets]
    written += [notes.stop] if notes.stop else []
    habit = habit_of(
        written,
        dot_groups=trades_in_thousands(notes.asset),
        comma_groups=trades_in_index_points(notes.asset),
    )
    prices: list[Decimal] = []
    for price in written:
        number = read_price(price, habit)
        if number is None:
            return Malformed(f"{notes.asset}: '{price[:40]}' is no price; write 5.432,50 or 41.20")
        prices.append(number)
    return _assembled(notes, prices)


def _assembled(notes: Notes, prices: list[Decimal]) -> Reading:
    first, last = len(notes.entries), len(notes.entries) + len(notes.targets)
    entries, targets = prices[:first], tuple(prices[first:last])
    numbered, final = _split_targets(notes, targets)
    signal = Signal(
        asset=notes.asset,
        direction=notes.entry_direction or notes.header or "buy",
        signal_type=notes.signal_type or DEFAULT_TYPE,
        buy_min=min(entries) if entries else None,
        buy_max=max(entries) if entries else None,
        targets=numbered,
        target_final=final,
        stop=prices[last] if notes.stop else None,
        valid_until=notes.day or None,
        all_targets=targets,
    )
    contradiction = _contradiction(signal)
    return Malformed(f"{signal.asset}: {contradiction}") if contradiction else signal


def _split_targets(
    notes: Notes, prices: tuple[Decimal, ...]
) -> tuple[tuple[Decimal, ...], Decimal | None]:
    """At most two numbered targets, by number where all have one, and the final one."""
    pairs = list(zip((target.ordinal for target in notes.targets), prices, strict=True))
    numbered = [pair for pair in pairs if pair[0] != FINAL_ORDINAL]
    final = next((price for ordinal, price in pairs if ordinal == FINAL_ORDINAL), None)
    if all(ordinal for ordinal, _ in numbered):
        numbered.sort(key=lambda pair: pair[0])
    if final is None and len(numbered) > _NUMBERED_TARGETS:
        final = numbered[-1][1]
    return tuple(price for _, price in numbered[:_NUMBERED_TARGETS]), final


def _contradiction(signal: Signal) -> str:
    """Why the prices cannot belong together, or nothing. One odd price alone is the author's."""
    if signal.buy_min == 0 or 0 in signal.all_targets:
        return "a price is zero; only a stop may be"
    if signal.stop is None or not signal.all_targets:
        return ""
    entry = signal.all_targets[0] if signal.buy_min is None else signal.buy_min
    up = signal.direction == "buy"
    stop_astray = signal.stop >= entry if up else signal.stop <= entry
    target_astray = all((price < entry) if up else (price > entry) for price in signal.all_targets)
    if stop_astray and (target_astray or signal.buy_min is None):
        return f"stop {signal.stop} and target {signal.all_targets[0]} suit no {signal.direction}"
    return ""
