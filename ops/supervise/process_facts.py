"""What /proc tells of a process, also of one that is not ours; None when it is gone or hidden."""

import os
import time
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_FIELD: Final = 19  # of /proc/PID/stat, counted from the state on


def start_ticks(pid: int) -> int | None:
    """When it began, in clock ticks since boot: with the pid it names one process for ever."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    # a zombie has ended; its parent has only not asked yet
    return None if fields[0] in "ZX" else int(fields[_START_FIELD])


def started_at(pid: int) -> float | None:
    """When it began, in seconds since 1970."""
    ticks = start_ticks(pid)
    if ticks is None:
        return None
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / _TICKS


def resident_bytes(pid: int) -> int | None:
    """The memory that it has now."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return None
