"""What is wrong at the end, by kind; of each kind the first few are told."""

from collections import Counter

KINDS = ("missing", "spurious", "corrupted", "duplicated", "out of order", "unaccounted")
_TOLD = 10


class Findings:
    """`counts` has every kind, also those with 0; `excused` what the guarantees leave out."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self.words: list[str] = []
        self.excused: Counter[str] = Counter()

    def note(self, kind: str, words: str, count: int = 1) -> None:
        """Something is wrong."""
        if count:
            self.counts[kind] += count
            if len(self.words) < _TOLD * len(KINDS):
                self.words.append(f"{kind}: {words}")

    def __bool__(self) -> bool:
        return self.counts.total() > 0
