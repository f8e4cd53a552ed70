"""Whether somebody set the clock of the wall, or the machine slept: told by the steady clock."""

import time


class ClockJump:
    """How far the wall's clock has moved against the steady one since this was made."""

    def __init__(self) -> None:
        self._apart = _apart()

    @property
    def seconds(self) -> float:
        """Ahead; negative when it was set back."""
        return _apart() - self._apart


def _apart() -> float:
    return time.time() - time.monotonic()
