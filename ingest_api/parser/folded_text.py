"""A text without what no reader sees: one case, one alphabet, one blank, one dash.

Every character is folded alone, so that the work is linear in the text's length (canonical
ordering of a whole text is not: a long run of combining marks makes it quadratic).
"""

import re
import unicodedata
from functools import lru_cache

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_SPECIAL = {
    "\u20e3": ")",  # the frame of a keycap digit: a list number, as in "1)"
    "\u00ba": "o ",  # the ordinal in "1º alvo" and "alvo nº1"
    "\u00b0": "o ",  # the degree sign, typed for it
    "\u0085": "\n",
    "\u2028": "\n",
    "\u2029": "\n",
    "\u2212": "-",
    "\ufe63": "-",
    "\u2044": "/",
}
_VANISHING = frozenset({"Mn", "Me", "Cf"})


def fold(text: str) -> str:
    """The text in lower-case ASCII: accents and invisible marks gone, emoji turned to blanks."""
    if not text.isascii():
        text = _BEYOND_ASCII.sub(_folded_match, text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.lower()


def _folded_match(match: re.Match[str]) -> str:
    return _fold_one(match[0])


@lru_cache(maxsize=4096)
def _fold_one(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    category = unicodedata.category(character)
    if category in _VANISHING:
        return ""
    if category == "Pd":
        return "-"
    parts = unicodedata.normalize("NFKD", character)
    return "".join(part for part in parts if part.isascii()) or " "
