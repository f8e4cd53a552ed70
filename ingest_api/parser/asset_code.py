"""Codes of what is traded on B3, in the folded text's lower case."""

import re

# A letter, a letter or digit (B3SA3, M1TA34), two letters, and then a share, unit, BDR or ETF
# (PETR4, TAEE11, AAPL34, PETR4F), an option with its series (PETRK328, weekly PETRK328W2), or a
# future (WINZ26, DI1F29).
_SHARE_OR_OPTION = r"[a-z][a-z0-9][a-z]{2}(?:[0-9]{1,2}[fbt]?|[a-x][0-9]{1,4}(?:w[1-5])?)"
_FUTURE = r"[a-z]{2}[a-z0-9][fghjkmnquvxz][0-9]{2}"
_CODE = re.compile(rf"{_SHARE_OR_OPTION}|{_FUTURE}")
_NAMED_CODE = re.compile(r"[a-z][a-z0-9]{2,11}")
_HINT = re.compile(r"[a-z0-9][a-z][a-z0-9][0-9]|[a-z]{3}fut")

_CONTINUOUS = frozenset({"winfut", "wdofut", "indfut", "dolfut", "bitfut"})
_ROOTS = frozenset({"win", "wdo", "ind", "dol", "bit"})
_IN_THOUSANDS = _ROOTS | {"isp", "wsp", "eth"}
_INDEX_POINTS = frozenset({"win", "ind", "bit"})
_EVERYDAY = frozenset(
    ("aula10", "covid19", "dica1", "dica2", "fase1", "fase2", "foto1", "live1", "nota10", "tipo1")
)


def may_hold_code(text: str) -> bool:
    """Whether a folded text can hold a code at all: a cheap no for ordinary chat."""
    return _HINT.search(text) is not None


def is_code(word: str) -> bool:
    """Whether a folded word has the shape of a code, wherever it stands."""
    if word.isalpha():
        return word in _CONTINUOUS
    return _CODE.fullmatch(word) is not None and word not in _EVERYDAY


def is_named_code(word: str) -> bool:
    """Whether a folded word may be a code because the text calls it one (`Ativo: ...`)."""
    if word.isalpha():
        return word in _CONTINUOUS or word in _ROOTS
    return _NAMED_CODE.fullmatch(word) is not None


def trades_in_thousands(code: str) -> bool:
    """Whether a code's usual price is above a thousand, so that `132.450` has no decimals."""
    return _root_of_future(code) in _IN_THOUSANDS


def trades_in_index_points(code: str) -> bool:
    """Whether even `132,450` can only mean thousands: no contract of this kind costs 132."""
    return _root_of_future(code) in _INDEX_POINTS


def _root_of_future(code: str) -> str:
    word = code.lower()
    known = word in _CONTINUOUS or word in _ROOTS or re.fullmatch(_FUTURE, word)
    return word[:3] if known else ""
