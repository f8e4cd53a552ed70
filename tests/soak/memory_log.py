"""Resident memory of both services over time."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

import anyio

from ops.bench_memory import resident
from tests.soak.kept_process import KeptProcess

_MINUTE = 60.0
_SETTLED = 10.0  # seconds: everything is loaded and connected


class Sample(NamedTuple):
    """Seconds since the beginning, which life of the service, and MB (a million bytes)."""

    at: float
    life: int
    megabytes: float


class MemoryLog:
    """Samples by service; the slope is that of the longest life, its first tenth left out."""

    def __init__(self, services: Iterable[KeptProcess], every: float = 1.0) -> None:
        self.samples: dict[str, list[Sample]] = {each.name: [] for each in services}
        self._services = tuple(services)
        self._every = every
        self._begun = time.monotonic()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            for each in self._services:
                self._look(each)
            await anyio.sleep(self._every)

    def figures(self) -> dict[str, Mapping[str, object]]:
        """By service: start, max, end in MB, slope in MB an hour, and a value each minute."""
        return {name: _figures(found) for name, found in self.samples.items() if found}

    def _look(self, service: KeptProcess) -> None:
        pid = service.pid
        if pid is None:
            return
        with suppress(OSError, KeyError):  # it ended this moment
            now = resident(pid).now
            at = time.monotonic() - self._begun
            self.samples[service.name].append(Sample(at, service.lives, round(now, 1)))


def _figures(samples: list[Sample]) -> dict[str, object]:
    lives = {each.life for each in samples}
    longest = max(([s for s in samples if s.life == life] for life in lives), key=len)
    minutes: dict[int, float] = {}
    for each in samples:
        minute = int(each.at / _MINUTE)
        minutes[minute] = max(each.megabytes, minutes.get(minute, 0.0))
    return {
        "start": next((s.megabytes for s in samples if s.at > _SETTLED), samples[-1].megabytes),
        "max": max(each.megabytes for each in samples),
        "end": samples[-1].megabytes,
        "slope_an_hour": round(_slope(longest[len(longest) // 10 :]) * 3600, 2),
        "slope_over_seconds": round(longest[-1].at - longest[0].at),
        "lives": len(lives),
        "max_by_minute": list(minutes.values()),
    }


def _slope(samples: list[Sample]) -> float:
    """MB a second by least squares; 0 for fewer than two."""
    count = len(samples)
    if count < 2:
        return 0.0
    mean_at = sum(each.at for each in samples) / count
    mean = sum(each.megabytes for each in samples) / count
    spread = sum((each.at - mean_at) ** 2 for each in samples)
    return sum((s.at - mean_at) * (s.megabytes - mean) for s in samples) / spread if spread else 0.0
