"""What each word does to the notes."""

from collections.abc import Callable
from typing import Final

from ingest_api.parser.asset_code import is_code, is_named_code
from ingest_api.parser.mark_actions import MARK_HANDLERS
from ingest_api.parser.signal import Direction
from ingest_api.parser.signal_labels import (
    ACTIONS,
    LINKS,
    LIST_MARKS,
    NUMBERED_LABELS,
    NUMERALS,
    SIGNAL_TYPES,
)
from ingest_api.parser.signal_notes import Notes

_DIGITS: Final = frozenset("0123456789")
_VALUE_STARTS: Final = _DIGITS | {"r"}
_PAIR: Final = frozenset(("buy", "sell"))
_MAX_FOLLOW_UPS: Final = 4
_PRICED_KINDS: Final = frozenset(("buy", "sell", "entry", "target", "targets", "stop"))
_LABELLED: Final = 3
_BESIDE: Final = 2


def read_word(notes: Notes, word: str) -> None:
    """Take in a word of no action of its own: `alvo1`, an asset's code, or prose."""
    if word in NUMBERED_LABELS:
        kind, number = NUMBERED_LABELS[word]
        HANDLERS[kind](notes, word)
        notes.ordinal = number
    elif is_code(word) or (notes.named and is_named_code(word)):
        _asset(notes, word.upper())
    elif notes.named and notes.named_colon:
        notes.unread_name = notes.unread_name or word
    elif not notes.paren:
        notes.unreadable(word)


def _asset(notes: Notes, code: str) -> None:
    waiting = notes.slot == "entry" and not notes.count
    rank = _LABELLED if notes.named else _BESIDE if waiting or _leads_prices(notes) else 1
    notes.named = False
    if notes.entries and code != notes.asset and notes.asset and 1 < rank >= notes.rank:
        notes.two_signals = True
    elif rank > notes.rank or (rank == notes.rank == _BESIDE and not notes.entries):
        notes.rank, notes.asset = rank, code
        notes.weak = []
    if not waiting and not notes.paren:
        notes.open("weak" if code == notes.asset else "", code)


def _leads_prices(notes: Notes) -> bool:
    """Whether the asset stands before its own prices: `PETR4 compra`, `CPLE6: 9,31`."""
    following = notes.token()
    if following == ":":
        return notes.token(2)[0] in _VALUE_STARTS
    return ACTIONS.get(following) in _PRICED_KINDS


def _asset_label(notes: Notes, _word: str) -> None:
    notes.named, notes.named_colon = True, notes.token() == ":"
    if notes.named_colon:
        notes.slot = ""


def _direction(notes: Notes, word: str) -> None:
    if _is_pair(notes, 1) or _is_pair(notes, -1):
        return
    side: Direction = "sell" if ACTIONS.get(word.rstrip("123456789")) == "sell" else "buy"
    priced = notes.entries or notes.targets or notes.stop
    if notes.header is None and (not priced or notes.token(-1) == ":"):
        notes.header = side
    notes.open("entry", word)
    notes.direction = side


def _is_pair(notes: Notes, way: int) -> bool:
    """Whether this is half of "compra ou venda", which names both sides and means neither."""
    joint, other = notes.token(way), notes.token(2 * way)
    return joint in LINKS and ACTIONS.get(other) in _PAIR and other != notes.tokens[notes.at]


def _entry(notes: Notes, word: str) -> None:
    side = notes.direction if notes.slot == "entry" and not notes.count else None
    notes.open("entry", word)
    notes.direction = side


def _target(notes: Notes, word: str) -> None:
    before = notes.token(-1)
    many = bool(notes.slot == "target" and not notes.count and notes.ordinal)
    many = many and (before in LINKS or before in LIST_MARKS)  # "TP1/TP2/TP3: 12,00 / 12,25"
    last = before == "final"
    notes.open("final" if last else "target", word)
    notes.plural = many
    notes.ordinal, notes.nth = notes.nth, 0


def _targets(notes: Notes, word: str) -> None:
    notes.open("target", word)
    notes.plural = True


def _final(notes: Notes, word: str) -> None:
    notes.open("final", word)


def _final_word(notes: Notes, word: str) -> None:
    if (notes.slot == "target" and not notes.count) or notes.token() == ":":
        notes.open("final", word)
    elif ACTIONS.get(notes.token()) != "target":
        read_word(notes, word)


def _stop(notes: Notes, word: str) -> None:
    notes.open("stop", word)


def _terse_stop(notes: Notes, word: str) -> None:
    following = notes.token()
    if following == ":" or following[0] in _DIGITS or following == "r":
        notes.open("stop", word)
    else:
        read_word(notes, word)


def _type(notes: Notes, word: str) -> None:
    if word == "day":
        after = notes.token(2) if notes.token() == "-" else notes.token()
        found = "Day Trade" if after.startswith("trad") else ""
    else:
        found = "" if notes.token() in {"size", "sizing"} else SIGNAL_TYPES[word]
    notes.signal_type = notes.signal_type or found


def _price_word(notes: Notes, word: str) -> None:
    if notes.token() == ":" and (notes.slot != "entry" or notes.count):
        _entry(notes, word)


def _extreme(notes: Notes, _word: str) -> None:
    if notes.slot == "entry" and not notes.count:
        notes.ordinal = 2


def _numeral(notes: Notes, word: str) -> None:
    if notes.slot == "target" and notes.opened == notes.at - 1:
        notes.ordinal = NUMERALS[word]
    else:
        read_word(notes, word)


def _empty(notes: Notes, word: str) -> None:
    if word == "x" and notes.count:  # "18,40 x 18,60"
        notes.linked = True
    elif not notes.paren or not notes.count:
        notes.slot = ""


def _follow_up(notes: Notes, _word: str) -> None:
    if len(notes.follow_ups) < _MAX_FOLLOW_UPS:
        notes.follow_ups.append(notes.at)
    if not notes.paren:
        notes.slot = ""


def _nth(notes: Notes, word: str) -> None:
    notes.slot = ""
    notes.nth = int(word[0])


HANDLERS: Final[dict[str, Callable[[Notes, str], None]]] = {
    "asset": _asset_label,
    "buy": _direction,
    "sell": _direction,
    "entry": _entry,
    "target": _target,
    "targets": _targets,
    "final": _final,
    "final_word": _final_word,
    "stop": _stop,
    "terse_stop": _terse_stop,
    "type": _type,
    "price_word": _price_word,
    "extreme": _extreme,
    "numeral": _numeral,
    "empty": _empty,
    "follow_up": _follow_up,
    "nth": _nth,
} | MARK_HANDLERS
