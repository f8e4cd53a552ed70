"""Tells a report on an earlier signal (`ALVO 1 ATINGIDO`, `CANCELADA`) from a new signal."""

from typing import Final

from ingest_api.parser.asset_code import is_code
from ingest_api.parser.signal_labels import CONDITIONS, REPORT_WORDS
from ingest_api.parser.signal_notes import Notes

_REACH: Final = 14
_SENTENCE_ENDS: Final = frozenset(("\n", ".", "!", "?", ";"))


def is_follow_up(notes: Notes) -> bool:
    """Whether the text speaks of a signal given before."""
    if any(_reports(notes, place) for place in notes.follow_ups):
        return True
    bare = notes.entries and not notes.targets and not notes.stop and "entry" not in notes.named_by
    return bool(bare) and not REPORT_WORDS.isdisjoint(notes.tokens)


def _reports(notes: Notes, place: int) -> bool:
    """Whether the follow-up word at `place` is about this signal and is no condition."""
    sentence = _sentence(notes.tokens, place)
    if not CONDITIONS.isdisjoint(sentence):
        return False
    codes = [word.upper() for word in sentence if is_code(word)]
    return not codes or notes.asset in codes


def _sentence(tokens: list[str], place: int) -> list[str]:
    """The tokens around `place` up to the sentence's ends, 14 to each side at most."""
    first = last = place
    while first > max(0, place - _REACH) and tokens[first - 1] not in _SENTENCE_ENDS:
        first -= 1
    while last < min(len(tokens), place + _REACH) and tokens[last] not in _SENTENCE_ENDS:
        last += 1
    return tokens[first:last]
