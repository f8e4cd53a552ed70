"""What a benchmark found: a figure with its spread, its aim, and the floor measured beside it."""

from collections.abc import Sequence
from math import ceil
from statistics import median

import msgspec


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """The bound that one of the values has to keep; `better` is `lower` or `higher`."""

    value: str
    bound: float
    better: str
    met: bool


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """The same value of the bare thing underneath, and how many times it the figure is."""

    name: str
    value: str
    is_: float = msgspec.field(name="is")
    ratio: float


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table. `values` are in `unit` but for the count of `samples`."""

    name: str
    what: str
    unit: str
    values: dict[str, float]
    aims: tuple[Aim, ...] = ()
    floor: Floor | None = None

    def with_aim(self, value: str, *, below: float = 0, at_least: float = 0) -> "Figure":
        """The figure judged by a bound on one of its values."""
        is_ = self.values[value]
        met = is_ < below if below else is_ >= at_least
        better = "lower" if below else "higher"
        aim = Aim(value=value, bound=below or at_least, better=better, met=met)
        return msgspec.structs.replace(self, aims=(*self.aims, aim))

    def over(self, floor: "Figure", value: str) -> "Figure":
        """The figure beside its floor."""
        bare = floor.values[value]
        ratio = self.values[value] / bare if bare else 0.0
        found = Floor(name=floor.name, value=value, is_=bare, ratio=round(ratio, 3))
        return msgspec.structs.replace(self, floor=found)


def latency(name: str, what: str, samples: Sequence[float]) -> Figure:
    """A figure in milliseconds from single waits in milliseconds."""
    ordered = sorted(samples)
    values = {
        "p50": _percentile(ordered, 50),
        "p99": _percentile(ordered, 99),
        "min": ordered[0],
        "max": ordered[-1],
        "samples": len(ordered),
    }
    return Figure(name=name, what=what, unit="ms", values=_rounded(values))


def rate(name: str, what: str, runs: Sequence[float]) -> Figure:
    """A figure in messages a second, from that of each run."""
    values = {"median": median(runs), "min": min(runs), "max": max(runs), "samples": len(runs)}
    return Figure(name=name, what=what, unit="messages/s", values=_rounded(values))


def size(name: str, what: str, many: float) -> Figure:
    """A figure in bytes for a message."""
    return Figure(name=name, what=what, unit="bytes", values=_rounded({"a message": many}))


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest sample that at least so many percent do not exceed."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}
