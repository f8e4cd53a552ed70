"""How fast we ask of our own accord: slower than Telegram would have to tell us to be."""

from collections import deque

import anyio

_MINUTE = 60.0


class Pace:
    """So many a minute at most, and one a second (or sooner, where a minute holds more)."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._apart = min(1.0, _MINUTE / per_minute)
        self._turns: deque[tuple[float, int]] = deque()

    async def turn(self, count: int = 1) -> None:
        """Wait until `count` more may go; a count beyond the limit goes alone."""
        await anyio.sleep(self._wait(anyio.current_time(), count))
        self._turns.append((anyio.current_time(), count))

    def _wait(self, now: float, count: int) -> float:
        while self._turns and self._turns[0][0] <= now - _MINUTE:
            self._turns.popleft()
        if not self._turns:
            return 0.0
        wait = max(0.0, self._turns[-1][0] + self._apart - now)
        most = self._per_minute - count
        left = sum(each for _, each in self._turns)
        for at, each in self._turns:
            if left <= max(most, 0):
                break
            left, wait = left - each, max(wait, at + _MINUTE - now)
        return wait
