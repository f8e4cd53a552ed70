"""What a run found, as a table for people and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson


@dataclass
class Report:
    """The figures of one run. It passes when nothing is wrong and every fault was met."""

    seed: int
    seconds: float
    rate: float
    faults: str
    date: str
    counts: dict[str, int]
    seen: dict[str, int]
    tried: dict[str, int]
    unavailable: dict[str, str]
    vacuous: list[str]
    found: dict[str, int]
    excused: dict[str, int]
    wrong: list[str]
    recovery_seconds: dict[str, float]
    latency_seconds: dict[str, dict[str, float]]
    memory: dict[str, Any]
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        """Whether the run proves what it should."""
        return not self.wrong and not self.vacuous and not any(self.found.values())

    def write(self, path: Path) -> None:
        """The figures as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"passes": self.passes, **asdict(self)}
        path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))

    def table(self) -> str:
        """The figures for people."""
        lines = [f"seed {self.seed}, {self.seconds:.0f} s at {self.rate:g}/s, {self.date}"]
        lines += _rows("told", self.counts) + _rows("faults met", self.seen)
        lines += _rows("not available here", self.unavailable)
        lines += _rows("seconds until whole again", self.recovery_seconds)
        lines += _rows("seconds from post to row", self.latency_seconds)
        lines += _rows("resident MB", {name: _brief(one) for name, one in self.memory.items()})
        lines += _rows("excused", self.excused) + _rows("found", self.found)
        lines += [f"  {each[:300]}" for each in self.wrong]
        lines += [f"vacuous: never met {', '.join(self.vacuous)}"] if self.vacuous else []
        return "\n".join([*lines, "passed" if self.passes else "FAILED"])


def _rows(title: str, values: Mapping[str, object]) -> list[str]:
    if not values:
        return []
    width = max(len(name) for name in values)
    return [f"{title}:", *(f"  {name:<{width}}  {_said(each)}" for name, each in values.items())]


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return str(value)


def _brief(figures: Mapping[str, object]) -> dict[str, object]:
    return {name: each for name, each in figures.items() if name != "max_by_minute"}
