"""Prometheus text, read: the names in it, and the samples of one metric."""

import re
from typing import Final

_TYPE: Final = re.compile(r"^# TYPE (\S+) ", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Labels(dict[str, str]):
    """The labels of one sample; can be a key."""

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none; this one is never changed
        return hash(tuple(sorted(self.items())))


def names(text: str) -> set[str]:
    """Every metric's name."""
    return set(_TYPE.findall(text))


def values(text: str, name: str) -> dict[Labels, float]:
    """The samples of a metric by their labels."""
    sample = re.compile(rf"^{re.escape(name)}(?:{{(.*)}})? (\S+)", re.MULTILINE)
    return {
        Labels(_LABEL.findall(labels or "")): float(value) for labels, value in sample.findall(text)
    }
