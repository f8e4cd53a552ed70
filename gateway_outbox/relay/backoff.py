"""How long to wait before a retry: full jitter under a cap that doubles. No clock, no I/O."""

from typing import NamedTuple


class Backoff(NamedTuple):
    """The first `burst` caps lead up to `delay`, later ones double on to `longest` (all seconds).

    Full jitter spreads the retries of many over the whole wait, so that an API that comes back is
    not met by all at once. Three retries and five seconds are the proposal's numbers.
    """

    burst: int
    delay: float
    longest: float

    def cap(self, retry: int) -> float:
        """The longest wait before the retry with this number (1 is the first)."""
        doublings = min(retry - self.burst, 64)
        return min(self.longest, self.delay * 2.0**doublings)

    def wait(self, retry: int, draw: float, floor: float = 0.0) -> float:
        """The wait itself: `draw` in [0, 1) of the cap, and never less than `floor`."""
        return max(floor, draw * self.cap(retry))
