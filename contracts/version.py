"""The version of the whole: both services and the contract are released together."""

import re
from functools import cache


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
    the version before passes over.
    """
    found = [re.match(r"(\d+)\.(\d+)", text) for text in (one, other)]
    if not all(found):
        return None
    (major, minor), (other_major, other_minor) = ((int(m[1]), int(m[2])) for m in found if m)
    return major == other_major and abs(minor - other_minor) <= 1
