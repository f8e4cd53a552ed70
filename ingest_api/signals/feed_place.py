"""Places in the feed of signals: transaction numbers that hold through a crash too."""

from typing import NamedTuple

from ingest_api.database.statements import Statements


class Place(NamedTuple):
    """Where a listener stands: after this signal's change in this transaction."""

    xid: int
    id: int

    @classmethod
    def before(cls, xid: int) -> "Place":
        """Before everything that a transaction changed."""
        return cls(xid, -1)


class SafePlace:
    """The place below which all is decided and on the disk, as one connection's life sees it.

    A transaction that was rolled back, or that only notified, ends without waiting for the disk.
    After a crash its number is given to another one, which a listener beyond it would never see.
    So a place counts only once the log is on the disk as far as it was written then.
    """

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._safe: Place | None = None
        self._next: tuple[int, Place] | None = None  # safe once the log is on the disk so far

    async def now(self) -> Place:
        """The newest one; never lower than before. Raises DatabaseUnavailableError."""
        ((xmin, written, on_disk),) = await self._statements.fetch("select_snapshot")
        place = Place.before(xmin)
        if self._safe is None:
            if on_disk < written:
                await self._statements.fetch("flush_log")
            on_disk, self._safe = written, place
        if on_disk >= written:
            self._safe, self._next = place, None
        elif self._next is None:
            self._next = written, place
        elif on_disk >= self._next[0]:
            self._safe, self._next = self._next[1], (written, place)
        return self._safe
