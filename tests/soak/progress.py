"""How a run goes, on a terminal every second, else a line a minute."""

import sys
import time

import anyio

from tests.soak.site import Site
from tests.soak.torment import Torment

_MINUTE = 60.0


class Progress:
    """Writes to standard error."""

    def __init__(self, site: Site, torment: Torment) -> None:
        self._site = site
        self._torment = torment
        self._begun = time.monotonic()

    async def run(self) -> None:
        """Tell until cancelled."""
        is_terminal = sys.stderr.isatty()
        while True:
            await anyio.sleep(1 if is_terminal else _MINUTE)
            end = "\x1b[K\r" if is_terminal else "\n"
            print(self._line(), file=sys.stderr, end=end, flush=True)

    def _line(self) -> str:
        done = self._site.traffic.book.done
        minutes = (time.monotonic() - self._begun) / _MINUTE
        told = ", ".join(f"{done[name]:,} {name}" for name in ("messages", "edits", "deletions"))
        pending = len(self._site.traffic.book.unconfirmed)
        ends = [end for service in self._site.services for end in service.ends]
        return (
            f"{minutes:.1f} of {self._site.options.minutes:g} min: {told};"
            f" {self._torment.done.total()} faults, not met {self._torment.vacuous or 'none'};"
            f" {pending:,} not looked for yet; {self._torment.now or 'calm'}"
            f"{'; ' + str(ends[-1]) if ends else ''}"
        )
