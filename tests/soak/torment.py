"""Fault after fault, from a seed, each kind as often as the others, now and then two at once."""

import logging
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import anyio

from tests.soak.catching_up import CatchingUpError, caught_up
from tests.soak.faults import FAULTS, Fault, unavailable
from tests.soak.site import Site

log = logging.getLogger(__name__)

_TOGETHER = 0.05  # of each other fault, so that every second or third comes with another
_TRIES = 3
_LONGEST = 8.0
_CALM = 4.0
_PATIENCE = 30.0


class Torment:
    """`done` counts the faults that were tried, `seen` how often each was met.

    `recoveries` are the seconds from the end of a group of faults until nothing was missing;
    `impatient` is how often the next fault came before that.
    """

    def __init__(self, site: Site) -> None:
        self.done: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.recoveries: list[float] = []
        self.impatient = 0
        self.now = ""
        self.unavailable = unavailable(site)
        self._site = site
        self._dice = random.Random(site.options.seed)
        self._faults = [each for each in FAULTS if each.name not in self.unavailable]

    @property
    def vacuous(self) -> list[str]:
        """The faults that were never met."""
        return [each.name for each in self._faults if not self.seen[each.name]]

    async def run(self, seconds: float) -> None:
        """So long; hasty: each fault once, and once more what was not met."""
        if self._site.options.is_hasty:
            for _ in range(_TRIES):
                for group in self._groups([e for e in self._faults if not self.seen[e.name]]):
                    await self._together(group)
            return
        until = time.monotonic() + seconds
        while True:
            for group in self._groups(self._faults):
                await self._together(group)
                await self._recover()
                if time.monotonic() > until:
                    return

    def _groups(self, faults: Sequence[Fault]) -> Iterator[Sequence[Fault]]:
        """Every fault once, in some order; now and then with others that touch other parts."""
        waiting = self._dice.sample(faults, len(faults))
        most, share = (3, 1.0) if self._site.options.is_hasty else (2, _TOGETHER)
        while waiting:
            group = [waiting.pop(0)]
            others = [each for each in waiting if self._dice.random() < share]
            for other in others:
                apart = not any(each.touches & other.touches for each in group)
                if apart and len(group) < most:
                    waiting.remove(other)
                    group.append(other)
            yield group

    async def _together(self, group: Sequence[Fault]) -> None:
        self.now = " + ".join(each.name for each in group)
        log.info("%s", self.now)
        async with anyio.create_task_group() as tasks:
            for each in group:
                tasks.start_soon(self._one, each)
        self.now = ""

    async def _one(self, fault: Fault) -> None:
        longest = 0.1 if self._site.options.is_hasty else _LONGEST
        self.done[fault.name] += 1
        met = await fault.act(self._site, self._dice.uniform(0.1, longest))
        self.seen[fault.name] += met
        if not met:
            log.warning("%s was not met", fault.name)

    async def _recover(self) -> None:
        """Be whole again before the next fault, but for a machine too busy to wait for."""
        try:
            self.recoveries.append(await caught_up(self._site, _PATIENCE))
        except CatchingUpError:
            self.impatient += 1
        await anyio.sleep(self._dice.uniform(0, _CALM))
