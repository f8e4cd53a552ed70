"""The version of the whole: both services and the contract are released together."""

import re
from functools import cache

_MINORS_BEFORE_1 = 2  # 0.0, which never was, and 0.1


@cache  # read at the start: later there may be no file left to open, or a newer program's there
def current() -> str:
    """The installed version, or `unreleased` when run from a bare source tree."""
    # Not at the top: its import is a fifth of what `--help` takes.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tpcapital")
    except PackageNotFoundError:
        return "unreleased"


def may_meet(one: str, other: str) -> bool | None:
    """Whether services of these versions understand each other; None when it cannot be told.

    They do across one minor version: what crosses the wire changes only by fields that a reader of
    the version before passes over. Before 1.0 was 0.1, of the same wire.
    """
    here, there = _place(one), _place(other)
    if here is None or there is None:
        return None
    return here[0] == there[0] and abs(here[1] - there[1]) <= 1


def _place(version: str) -> tuple[int, int] | None:
    """Its line and its place in that; None for what is no release."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        return None
    major, minor = int(found[1]), int(found[2])
    return (1, minor - _MINORS_BEFORE_1) if major == 0 else (major, minor)
