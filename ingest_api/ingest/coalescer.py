"""Concurrent requests share a transaction: while one commits, the next ones gather."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import anyio

from contracts.wire import MAX_BATCH_MESSAGES
from ingest_api.errors import DatabaseUnavailableError, OverloadedError
from ingest_api.ingest.delivery import Delivery
from ingest_api.ingest.store import Result

Record = Callable[[Sequence[Delivery]], Awaitable[list[Result]]]


class _Group:
    """Requests that share a transaction, until its results or its error are there."""

    __slots__ = ("deliveries", "done", "error", "results")

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.done = anyio.Event()
        self.results: list[Result] = []
        self.error: Exception | None = DatabaseUnavailableError(
            "the service is stopping; send again"
        )


class Coalescer:
    """A bounded queue in front of the store, emptied by a few flushers.

    `record` is the store's; `flushers` transactions run at a time; more than `max_waiting`
    deliveries in the queue are refused.
    """

    def __init__(self, record: Record, *, flushers: int = 2, max_waiting: int = 8192) -> None:
        self._record = record
        self._flushers = flushers
        self._max_waiting = max_waiting
        self._queue: deque[_Group] = deque()
        self._queued = 0
        self._arrived = anyio.Event()

    async def run(self) -> None:
        """Serve until cancelled."""
        async with anyio.create_task_group() as flushers:
            for _ in range(self._flushers):
                flushers.start_soon(self._flush_for_ever)

    async def submit(self, deliveries: Sequence[Delivery]) -> list[Result]:
        """The results of these deliveries, after the commit that holds them.

        Raises OverloadedError, DatabaseUnavailableError, or what the store could not explain.
        A caller that is cancelled leaves the others alone; what it brought is written all the same.
        """
        if self._queued + len(deliveries) > self._max_waiting:
            raise OverloadedError(
                f"{self._queued} messages wait for the database already; send again later"
            )
        group = self._group_for(len(deliveries))
        start = len(group.deliveries)
        group.deliveries += deliveries
        self._queued += len(deliveries)
        self._arrived.set()
        await group.done.wait()
        if group.error:
            raise group.error
        return group.results[start : start + len(deliveries)]

    def _group_for(self, size: int) -> _Group:
        """The last group in the queue if there is room in it, else a new one."""
        if self._queue:
            last = self._queue[-1]
            if len(last.deliveries) + size <= MAX_BATCH_MESSAGES:
                return last
        group = _Group()
        self._queue.append(group)
        return group

    async def _flush_for_ever(self) -> None:
        while True:
            await self._arrived.wait()
            if not self._queue:
                self._arrived = anyio.Event()
                continue
            group = self._queue.popleft()
            self._queued -= len(group.deliveries)
            await self._flush(group)

    async def _flush(self, group: _Group) -> None:
        try:
            group.results = await self._record(group.deliveries)
            group.error = None
        except Exception as error:  # noqa: BLE001  # why: each waiting request raises it as its own
            group.error = error
        finally:
            group.done.set()
