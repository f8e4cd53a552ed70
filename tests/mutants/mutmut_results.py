"""A script in mutmut's folder: prints each mutant as `[place, change, verdict]`."""

import json
import re
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

_CHANGED = re.compile(r"^([-+])(?![-+])(.*)$", re.MULTILINE)
_VERDICTS = {
    **{verdict: verdict for verdict in ("killed", "survived", "timeout", "no tests")},
    "not checked": "not tried",
}


def place_of(name: str) -> str:
    """The function or method of mutmut's name for one of its mutants."""
    plain = re.sub(r"__mutmut_\d+$", "", name)
    return plain.replace(".x_", ".").replace(".xǁ", ".").replace("ǁ", ".")


def change_of(diff: str) -> str:
    """`old -> new`, spaces and lines drawn together."""
    sides: dict[str, list[str]] = {"-": [], "+": []}
    for sign, line in _CHANGED.findall(diff):
        sides[sign].append(" ".join(line.split()))
    return f"{' '.join(sides['-'])} -> {' '.join(sides['+'])}".strip()


def read() -> list[tuple[str, str, str]]:
    """All of the run. Raises ValueError for a verdict that is none of ours."""
    found = []
    for meta in sorted(Path("mutants").rglob("*.py.meta")):
        path = meta.relative_to("mutants").with_suffix("")
        data = SourceFileMutationData(path=path)
        data.load()
        for name, code in data.exit_code_by_key.items():
            verdict = status_by_exit_code[code]
            if verdict not in _VERDICTS:
                raise ValueError(f"{name}: {verdict}")
            change = get_diff_for_mutant(name, path=path) if verdict != "killed" else ""
            found.append((place_of(name), change_of(change), _VERDICTS[verdict]))
    return found


if __name__ == "__main__":
    print(json.dumps(read()))
