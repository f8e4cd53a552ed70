"""Where requests about history meet the connection that can answer them: the user session's."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, Protocol

import anyio


class HistoryError(Exception):
    """History cannot be read now, or not of this channel; says why and what to do."""


class Compared(NamedTuple):
    """A stretch of history against what is stored.

    `checked` messages of Telegram's, the ids of those that were never here, how many of them were
    stored now, and the id to go on from (None: that was the end).
    """

    checked: int
    missing: list[int]
    filled: int
    next_id: int | None


class HistoryReader(Protocol):
    """Reads over the connection of now. Each method raises HistoryError."""

    async def top(self, channel_id: int) -> int:
        """The newest message's id, 0 without any."""

    async def first_since(self, channel_id: int, since: datetime) -> int:
        """The id from which on messages were sent at this time or later."""

    async def compare(self, channel_id: int, from_id: int | None, *, fill: bool) -> Compared:
        """A stretch from this id on, None: from the oldest that is stored. `fill`: store it."""


class HistoryDesk:
    """`reader` is there while the user session is connected.

    `compare_all` is there while it is on: it compares every channel, and returns after that.
    """

    def __init__(self) -> None:
        self.reader: HistoryReader | None = None
        self.compare_all: Callable[[], Awaitable[None]] | None = None
        self._woken = anyio.Event()

    def connected(self) -> HistoryReader:
        """The reader. Raises HistoryError without one."""
        if self.reader is None:
            raise HistoryError(
                "the user session is not connected, and only it can read history;"
                " GET /health tells why, and what to do"
            )
        return self.reader

    def wake(self) -> None:
        """There is a history to read."""
        self._woken.set()

    async def wait(self) -> None:
        """Until `wake`, also one of before."""
        await self._woken.wait()
        self._woken = anyio.Event()
