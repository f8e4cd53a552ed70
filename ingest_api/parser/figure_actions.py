"""What each figure does to the notes: a price, a label's number, a day, or nothing."""

from collections.abc import Callable
from typing import Final

from ingest_api.parser.asset_code import is_code
from ingest_api.parser.signal_labels import ACTIONS, DAY_WORDS, UNITS
from ingest_api.parser.signal_notes import FINAL_ORDINAL, Notes, Slot, Target

_DIGITS: Final = frozenset("0123456789")
_BEFORE_PRICE: Final = frozenset((":", "-", ".", ")", "(", "r", "rs", "em", "de", "a"))
_TIME_FRAMES: Final = frozenset(("1", "2", "5", "10", "15", "30", "60", "120", "240"))
_BOTH_SIDES: Final = frozenset(("buy", "sell"))
_LOOK: Final = 4
_MOST_NUMBERS: Final = 20
_LOW_NUMBER: Final = 4  # "alvo 2" in prose is a target's number, "alvo 9" its price


def read_figure(notes: Notes, token: str) -> None:
    """Take in a token that begins with a digit, or with a minus before one."""
    last, following = token[-1], notes.token()
    if "/" in token:
        _day(notes, token)
    elif not notes.slot:
        return
    elif last == "a" and following[0] in _DIGITS:  # "27,40a27,65"
        _number(notes, token[:-1])
        notes.linked = True
    elif last == "%" or last not in _DIGITS or ":" in token:
        if not notes.paren:
            _unreadable_figure(notes, token)
    elif following not in ACTIONS and notes.slot == "entry" and is_code(following):
        return  # "compra 100 PETR4 a 36,10": how many
    elif following in UNITS:
        notes.unreadable(f"{token} {following}")
    else:
        _number(notes, token)


def _unreadable_figure(notes: Notes, token: str) -> None:
    if token[-1] == "%":
        if not notes.count:
            notes.unreadable(token)
    else:
        notes.unreadable(token, certain=True)


def _day(notes: Notes, token: str) -> None:
    before = notes.tokens[max(0, notes.at - _LOOK) : notes.at]
    if not DAY_WORDS.isdisjoint(before):
        notes.day = notes.day or token
        notes.slot = ""
    elif notes.slot and (notes.linked or not notes.count) and notes.slot != "weak":
        for part in token.split("/"):
            _capture(notes, part)


def _number(notes: Notes, token: str) -> None:
    if token[0] in ".,":
        token = f"0{token}"  # ",84"
    elif token[0] == "-":
        token = token[1:]
        if notes.count:
            notes.linked = True
        elif notes.colon:
            notes.fault(f"'{notes.label}:' has the negative price '-{token}'", certain=True)
            return
    if not notes.count and _is_ordinal(notes, token):
        notes.ordinal = int(token)
    elif notes.paren and notes.count:
        return
    elif notes.fresh and _begins_prose(notes):
        notes.slot = ""
    elif notes.plural and _is_item_number(notes, token):
        return
    elif not notes.count or notes.linked or _continues(notes, token):
        _capture(notes, token)
    notes.fresh = False


def _is_ordinal(notes: Notes, token: str) -> bool:
    """Whether a digit right behind its label is the label's number (`alvo 1`), not a price."""
    if len(token) > 1 or notes.opened != notes.at - 1 or notes.plural:
        return False
    following = notes.token()
    if notes.slot != "target":
        return following == ":"
    if following == ":" or _price_follows(notes):
        return True
    return int(token) <= _LOW_NUMBER and ACTIONS.get(following) != "stop"


def _is_item_number(notes: Notes, token: str) -> bool:
    """Whether a digit numbers the list's next price, as in `1) 37,00 2) 37,60`."""
    return token == str(notes.count + 1) and notes.token() != "a" and _price_follows(notes)


def _price_follows(notes: Notes) -> bool:
    for following in notes.tokens[notes.at + 1 : notes.at + _LOOK]:
        if following[0] in _DIGITS:
            return True
        if following not in _BEFORE_PRICE:
            return False
    return False


def _begins_prose(notes: Notes) -> bool:
    following = notes.token()
    return following.isalpha() and following not in ACTIONS


def _continues(notes: Notes, token: str) -> bool:
    """Whether a number after a price with nothing between belongs to the same label."""
    previous = notes.token(-1)
    if notes.slot == "target":
        return previous[0] in _DIGITS or (notes.plural and notes.fresh)
    if previous[0] not in _DIGITS or notes.slot == "stop":
        return False
    if previous.isdigit() and token.isdigit():
        notes.fault(f"'{notes.label}' has two numbers: '{previous} {token}'", certain=True)
        return False
    return True


def _capture(notes: Notes, price: str) -> None:
    notes.count += 1
    notes.linked = False
    notes.seen.add(notes.slot)
    _CAPTURES[notes.slot](notes, price)


def _capture_entry(notes: Notes, price: str) -> None:
    if notes.two_signals:
        notes.fault(f"'{notes.label}' begins a second signal", certain=True)
    elif not notes.entries or notes.entry_opened == notes.opened:
        notes.entries.append(price)
        notes.entry_opened = notes.opened
        notes.entry_direction = notes.direction
    elif notes.ordinal > 1:
        notes.entries.append(price)
    elif {notes.direction, notes.entry_direction} == _BOTH_SIDES:
        notes.fault(f"'{notes.label}' gives a second side's price '{price}'", certain=True)


def _capture_weak(notes: Notes, price: str) -> None:
    notes.weak.append(price)


def _capture_target(notes: Notes, price: str) -> None:
    if "," in price and 0 < price.find(".") < price.find(",") < price.rfind(
        "."
    ):  # "37.00,37.60,38.20"
        notes.targets.extend(Target(0, part) for part in price.split(","))
    elif notes.ordinal and notes.ordinal in notes.numbers:
        _repeated_target(notes, price)
    else:
        ordinal = 0 if notes.plural else notes.ordinal
        notes.targets.append(Target(ordinal, price))
        notes.numbers.add(ordinal)
    if notes.ordinal and not notes.plural:
        notes.slot = ""


def _repeated_target(notes: Notes, price: str) -> None:
    if Target(notes.ordinal, price) not in notes.targets[:_MOST_NUMBERS]:
        notes.fault(f"target {notes.ordinal} has a second price '{price}'", certain=True)


def _capture_final(notes: Notes, price: str) -> None:
    first = notes.targets[0].price if notes.targets else price
    if notes.label == "tf" and price in _TIME_FRAMES and not first.isdigit():
        notes.slot = ""  # "TF: 15" among prices like 10.60 is a time frame
        return
    if all(target.ordinal != FINAL_ORDINAL for target in notes.targets[-_LOOK:]):
        notes.targets.append(Target(FINAL_ORDINAL, price))
    notes.slot = ""


def _capture_stop(notes: Notes, price: str) -> None:
    notes.stop = notes.stop or price
    notes.slot = ""


def _skip(_notes: Notes, _token: str) -> None:
    """A price with no open label: a date's parts behind the first."""


_CAPTURES: Final[dict[Slot, Callable[[Notes, str], None]]] = {
    "": _skip,
    "entry": _capture_entry,
    "weak": _capture_weak,
    "target": _capture_target,
    "final": _capture_final,
    "stop": _capture_stop,
}
