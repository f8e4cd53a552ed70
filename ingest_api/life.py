"""Where the process stands between its start and its end; every request may ask."""

from time import monotonic


class Life:
    """`migrated` turns true once the database has our schema, `draining` with the first signal."""

    def __init__(self) -> None:
        self.migrated = False
        self.draining = False
        self._started = monotonic()

    @property
    def uptime_seconds(self) -> float:
        """Seconds since the start."""
        return monotonic() - self._started
