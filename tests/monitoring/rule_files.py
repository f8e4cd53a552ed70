"""The rule files as Prometheus reads them."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from contracts import metrics

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ops" / "monitoring"

_QUOTED = re.compile(r'"[^"]*"|\{\{.*?\}\}')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_MATCHERS = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_NAME = re.compile(r"\b[a-z_][a-z0-9_:]*\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "by", "on", "bool", "without", "ignoring", "e9", "e6"}


class Alert(NamedTuple):
    """An alerting rule."""

    name: str
    expr: str
    wait: str
    labels: dict[str, str]
    annotations: dict[str, str]


def rules(file: str) -> list[dict[str, Any]]:
    """Every rule of a file of ops/monitoring."""
    groups = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[Alert]:
    """Every alert."""
    return [
        Alert(
            rule["alert"], rule["expr"], rule.get("for", "0s"), rule["labels"], rule["annotations"]
        )
        for rule in rules("alerts.yml")
    ]


def recorded() -> dict[str, str]:
    """Expressions by the names that recording rules give them."""
    return {rule["record"]: rule["expr"] for rule in rules("recording.yml")}


def known_names() -> set[str]:
    """Every series that a query may name: the table's, the process's, the rules'."""
    names = {"up", "target_info", "ALERTS", "scrape_duration_seconds"} | set(recorded())
    for metric in (*metrics.GATEWAY, *metrics.API):
        if metric.kind == "histogram":
            names |= {f"{metric.name}_{part}" for part in ("bucket", "count", "sum")}
        else:
            names.add(metric.name)
    return names | {
        *("process_resident_memory_bytes", "process_start_time_seconds"),
        *("process_open_fds", "process_max_fds", "process_cpu_seconds_total"),
    }


def names_in(expr: str) -> set[str]:
    """The series that an expression of ours names."""
    bare = _GROUPING.sub(" ", _MATCHERS.sub(" ", _QUOTED.sub('""', expr)))
    return set(_NAME.findall(bare)) - _WORDS
