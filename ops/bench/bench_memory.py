"""Resident memory of a process, from the kernel."""

from pathlib import Path
from typing import NamedTuple

from ops.bench.bench_figure import Figure

_KIB_A_MB = 1000_000 / 1024


class Resident(NamedTuple):
    """MB (a million bytes): now, and the most there ever was."""

    now: float
    peak: float


def resident(pid: int) -> Resident:
    """What the process holds in memory. Raises OSError when it is gone."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    kib = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return Resident(float(kib["VmRSS"]) / _KIB_A_MB, float(kib["VmHWM"]) / _KIB_A_MB)


def memory(name: str, what: str, idle: Resident, after: Resident) -> Figure:
    """A figure from a process at rest and after its work; `peak` is the most it ever held."""
    values = {"idle": idle.now, "after": after.now, "peak": after.peak}
    rounded = {name: round(value, 1) for name, value in values.items()}
    return Figure(name=name, what=what, unit="MB", values=rounded)
