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

_TOGETHER = 0.3
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
        """So long, or (hasty) each fault once."""
        until = time.monotonic() + seconds
        while True:
            for group in self._groups():
                await self._together(group)
                if not self._site.options.is_hasty:
                    await self._recover()
                    if time.monotonic() > until:
                        return
            if self._site.options.is_hasty:
                return

    def _groups(self) -> Iterator[Sequence[Fault]]:
        """Every fault once, in some order; two together where they do not touch each other."""
        waiting = self._dice.sample(self._faults, len(self._faults))
        hasty = self._site.options.is_hasty
        while waiting:
            group = [waiting.pop(0)]
            for other in list(waiting):
                if len(group) > 1 + hasty or not (hasty or self._dice.random() < _TOGETHER):
                    break
                if not any(each.touches & other.touches for each in group):
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
