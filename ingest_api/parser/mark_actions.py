"""What each mark between words and figures does to the notes."""

from collections.abc import Callable
from typing import Final

from ingest_api.parser.signal_notes import Notes

_VALUE_STARTS: Final = frozenset("0123456789r")


def _link(notes: Notes, word: str) -> None:
    if notes.count:
        notes.linked = True
    elif word == "/" and notes.slot in {"entry", "weak", "stop"}:
        notes.slot = ""


def _list(notes: Notes, word: str) -> None:
    listed = notes.slot == "entry" and notes.colon and notes.token()[0] in _VALUE_STARTS
    if notes.slot == "target" or listed:
        notes.linked = notes.count > 0
    elif notes.count or word == "|":
        notes.slot = ""


def _newline(notes: Notes, _word: str) -> None:
    notes.paren, notes.nth = False, 0
    if notes.token(-1) != ":":
        notes.named = False
    if notes.count and not notes.plural:
        notes.slot = ""
    notes.fresh = True


def _colon(notes: Notes, _word: str) -> None:
    if not notes.slot and notes.dropped_at == notes.at - 1 and notes.token()[0] in _VALUE_STARTS:
        notes.open(notes.dropped, notes.label)  # "alvo parcial: 37,00"
    if not notes.slot:
        return
    notes.seen.add(notes.slot)
    notes.named_by.add(notes.slot)
    notes.colon = True
    if notes.slot == "target" and notes.count:  # "alvos 1, 2 e 3:" lists numbers, not prices
        while notes.count and len(notes.targets[-1].price) == 1:
            notes.targets.pop()
            notes.count -= 1


def _open_paren(notes: Notes, _word: str) -> None:
    notes.paren = True


def _close_paren(notes: Notes, _word: str) -> None:
    notes.paren = False


def _end(notes: Notes, _word: str) -> None:
    if notes.slot != "target":
        notes.slot = ""


MARK_HANDLERS: Final[dict[str, Callable[[Notes, str], None]]] = {
    "link": _link,
    "list": _list,
    "newline": _newline,
    "colon": _colon,
    "open": _open_paren,
    "close": _close_paren,
    "end": _end,
}
