"""A mutant: where it is, what it changes, and what the tests made of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

Verdict = Literal["killed", "survived", "timeout", "no tests", "not tried"]

SURVIVORS = Path(__file__).parent / "survivors"
_BETWEEN = " | "


class Mutant(NamedTuple):
    """`place` is a function or a statement; `change` is `old -> new`, on one line."""

    place: str
    change: str
    verdict: Verdict

    @property
    def key(self) -> str:
        """The same as long as the changed line and the name around it are the same."""
        return f"{self.place}{_BETWEEN}{self.change}"


def known_survivors(target: str) -> dict[str, str]:
    """Those of the checked-in list, with the reason why each is no gap.

    A line is `place | change | reason`. Raises ValueError for a line without a reason.
    """
    path = SURVIVORS / f"{target}.txt"
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if line.startswith("#") or not line:
            continue
        key, _, reason = line.rpartition(_BETWEEN)
        if _BETWEEN not in key or not reason.strip():
            raise ValueError(f"{path}: say 'place | change | reason' in {line!r}")
        found[key] = reason
    return found


def alive(mutants: Iterable[Mutant]) -> list[Mutant]:
    """Those that no test noticed."""
    return [mutant for mutant in mutants if mutant.verdict in {"survived", "no tests"}]


def untried(mutants: Iterable[Mutant]) -> list[Mutant]:
    """Those that the time was not enough for."""
    return [mutant for mutant in mutants if mutant.verdict == "not tried"]
