"""Faults in one SQL statement: no tool that we found makes them.

Each is one replacement at one place: a comparison turned or made (un)strict, a condition dropped or
negated, an order reversed, a conflict's rule or one of its columns left out, a number one higher.
"""

import re
from collections.abc import Iterator

# A pattern, and what stands in the place of what it finds.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<![<>!:=])=(?![=>])", "<>"),
        (r"<>", "="),
        (r"<(?![=>@])", "<="),
        (r"(?<![-<=])>(?!=)", ">="),
        (r"<=", "<"),
        (r">=", ">"),
        (r"<(?![=>@])", ">"),
        (r"(?<![-<=])>(?!=)", "<"),
        (r"\bis null\b", "is not null"),
        (r"\bis not null\b", "is null"),
        (r"\bis distinct from\b", "is not distinct from"),
        (r"\bis not distinct from\b", "is distinct from"),
        (r"\bwhere\b", "where true or"),
        (r"\bwhere\b", "where not"),
        (r"\band\b", "or"),
        (r"\band\b", "and not"),
        (r"\bor\b", "and"),
        (r"\bdesc\b", "asc"),
        (r"\basc\b", "desc"),
        (r"\bgreatest\(", "least("),
        (r"\bleast\(", "greatest("),
        (r"\bdistinct on \([^)]*\)", ""),
        (r"\bunion all\b", "union"),
        (r"\bnot\b(?! null| distinct)", ""),
        (r"\bfor (no key )?update\b", ""),
        (r"\border by [\w., ]+", ""),
        (r"\bon conflict( \([^)]*\))? do nothing", ""),
        (r"\bdo update set(?=\s)", "do nothing --"),
        (r"(?m)^    \w+ = excluded\.\w+,$", ""),
        (r"(?m)(?<=set\n)    [a-z_0-9]+ = [^,()]+,$", ""),
        (r"(?<![\w.'(])\d+(?![\w.'])", "+1"),
    )
)


_ASSIGNMENT = re.compile(r"\s*(set )?\w+ = ")  # `<>` there is no SQL


def mutations(statement: str) -> Iterator[tuple[str, str]]:
    """Each fault as its change (`old -> new`, on one line) and the whole broken statement."""
    bare = re.sub(r"--.*", "", statement)
    seen = {bare}
    for pattern, replacement in _RULES:
        for found in pattern.finditer(bare):
            new = str(int(found[0]) + 1) if replacement == "+1" else replacement
            broken = bare[: found.start()] + new + bare[found.end() :]
            begin = bare.rfind("\n", 0, found.start()) + 1
            if broken not in seen and not (new == "<>" and _ASSIGNMENT.match(bare, begin)):
                seen.add(broken)
                yield _change(bare, found, new), broken


def _change(text: str, found: re.Match[str], new: str) -> str:
    """The line around the place, before and after: readable, and the same after other edits."""
    begin = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", found.end())
    line = text[begin : end if end >= 0 else None]
    broken = line[: found.start() - begin] + new + line[found.end() - begin :]
    return f"{' '.join(line.split())} -> {' '.join(broken.split())}".strip()
