"""What a service exposes at /metrics, read as Prometheus reads it."""

import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

# What stands beside the table on every service: the process and the build.
PROCESS = frozenset(
    f"process_{name}"
    for name in (
        *("cpu_seconds_total", "max_fds", "open_fds"),
        *("resident_memory_bytes", "start_time_seconds", "virtual_memory_bytes"),
    )
)
BUILD = "target_info"


class Exposition(NamedTuple):
    """Kinds by metric name, and the values of each label by metric name."""

    kinds: Mapping[str, str]
    labels: Mapping[str, Mapping[str, set[str]]]

    @property
    def own(self) -> dict[str, str]:
        """The kinds of what is neither the process's nor the build's."""
        return {n: kind for n, kind in self.kinds.items() if n not in {*PROCESS, BUILD}}


def read(url: str) -> Exposition:
    """The exposition of the service at this address."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:  # noqa: S310  # our own loopback URL
        return parse(answer.read().decode())


def parse(text: str) -> Exposition:
    """Names as the table has them: a counter's with its `_total`, a histogram's without suffix."""
    kinds, labels = {}, defaultdict[str, dict[str, set[str]]](dict)
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        kinds[name] = family.type
        for label, value in _pairs(sample.labels for sample in family.samples):
            labels[name].setdefault(label, set()).add(value)
    return Exposition(kinds, labels)


def _pairs(samples: Iterable[Mapping[str, str]]) -> Iterable[tuple[str, str]]:
    return (pair for sample in samples for pair in sample.items())
