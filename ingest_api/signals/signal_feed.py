"""Changes of signals as they are committed, by any replica, for this process's listeners.

Built on LISTEN/NOTIFY and transaction numbers. Changes are sent in the order of their transactions;
below the oldest transaction still open nothing can be added, so a change there is a place to resume
at. What lies above it, in transactions that overtook an open one, is sent at once, but a place is
only given below it: it may come again. Nothing is left out.
"""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import NamedTuple

import anyio
import msgspec
import psycopg
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from ingest_api.database.database import is_passing
from ingest_api.database.statements import Statements
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.settings import Settings
from ingest_api.signals.catalog import SignalRow, signal_row
from ingest_api.signals.feed_place import Place, SafePlace
from ingest_api.sql import QUERIES

_log = logging.getLogger(__name__)

_PAGE = 500
_LISTEN_SECONDS = 5.0  # a notification that is lost on the way costs no more than this
_PAUSE_SECONDS = 1.0
_START_SECONDS = 5.0
_BUFFERED = 1000
_CATCHING_UP = 2
_encoder = msgspec.json.Encoder()


class Event(NamedTuple):
    """A signal as it is now, as JSON; `place` is where a listener stands that has received it."""

    place: Place
    data: bytes


class SignalFeed:
    """One for the process: `run` follows the database, listeners `follow` it."""

    def __init__(self, settings: Settings, statements: Statements) -> None:
        self._settings = settings
        self._statements = statements
        self._listeners: set[MemoryObjectSendStream[Event]] = set()
        self._place: Place | None = None
        self._sent: set[Place] = set()
        self._settled = (
            False  # false while there may be changes beyond `place` that are not sent yet
        )
        self._started = anyio.Event()
        self._catching_up = anyio.Semaphore(_CATCHING_UP)

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    async def run(self) -> None:
        """Follow the database until cancelled, through every outage."""
        while True:
            try:
                await self._follow_database()
            except (psycopg.Error, DatabaseUnavailableError) as error:
                if isinstance(error, psycopg.Error) and not is_passing(error):
                    raise
                _log.warning(
                    "the signal feed waits for the database: %s",
                    str(error).strip() or "no answer",
                    extra={"action": "feed.waiting"},
                )
                await anyio.sleep(_PAUSE_SECONDS)

    async def started(self) -> None:
        """Wait until no change can fall between what a listener reads itself and what it is sent.

        Raises DatabaseUnavailableError after a while.
        """
        with anyio.move_on_after(_START_SECONDS):
            await self._started.wait()
            return
        raise DatabaseUnavailableError(
            "the signal feed does not follow the database yet; connect again soon"
        )

    @property
    def place(self) -> Place:
        """Where a listener stands who wants only what comes, once `started`."""
        return self._place or Place.before(0)

    async def since(self, place: Place) -> AsyncIterator[list[Event]]:
        """What a listener at `place`, who follows already, has missed; by the page.

        Raises DatabaseUnavailableError. A few listeners at a time ask the database; those who have
        missed nothing do not.
        """
        if self._settled and place >= self.place and not self._sent:
            return
        highest = max(self.place, place)
        async for page in self._changes(place, self._catching_up):
            yield [_event(min(changed, highest), row) for changed, row in page]

    @contextmanager
    def follow(self) -> Iterator[MemoryObjectReceiveStream[Event]]:
        """What is committed from here on. The stream ends for a listener that does not keep up."""
        send, receive = anyio.create_memory_object_stream[Event](_BUFFERED)
        self._listeners.add(send)
        try:
            yield receive
        finally:
            self._listeners.discard(send)
            send.close()
            receive.close()

    def close(self) -> None:
        """End every listener's stream."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    async def _follow_database(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._settings.conninfo(), autocommit=True
        )
        async with connection:
            await connection.execute(QUERIES["listen_to_signals"])
            safe = SafePlace(self._statements)
            place = self._place = self._resume_at(await safe.now())
            self._started.set()
            while True:
                place = self._place = await self._publish(place, safe)
                async for _ in connection.notifies(timeout=_LISTEN_SECONDS, stop_after=1):
                    pass

    def _resume_at(self, now: Place) -> Place:
        """Where to go on after the connection broke, perhaps with a crash of the database."""
        self._sent = set()  # what was not safe yet may have been undone, and its numbers reused
        if self._place and now < self._place:
            _log.warning(
                "the database was set back from transaction %d to %d; streams may lack signals that"
                " changed since, GET /signals has them",
                self._place.xid,
                now.xid,
                extra={"action": "feed.set_back"},
            )
            return now
        return self._place or now

    async def _publish(self, place: Place, safe: SafePlace) -> Place:
        """Send what has changed since the last time, each change once; the place to go on at."""
        self._settled = False
        now = await safe.now()
        if not self._listeners:  # whoever comes stands at that place, or asks for what it missed
            self._sent = set()
            return now
        undecided: set[Place] = set()
        async for page in self._changes(place, nullcontext()):
            undecided |= {changed for changed, _ in page if changed > now}
            for changed, row in page:
                if changed not in self._sent:
                    self._send(_event(min(changed, now), row))
        self._sent = undecided
        self._settled = True
        return now

    async def _changes(
        self, place: Place, turn: AbstractAsyncContextManager[object]
    ) -> AsyncIterator[list[tuple[Place, SignalRow]]]:
        """Pages of what lies beyond a place; `turn` is held while the database is asked."""
        while True:
            after = {"xid": str(place.xid), "id": place.id, "limit": _PAGE}
            async with turn:
                rows = await self._statements.fetch("select_changed_signals", after)
            page = [(Place(xid, row[0]), signal_row(tuple(row))) for xid, *row in rows]
            if page:
                yield page
                place = page[-1][0]
            if len(page) < _PAGE:
                return

    def _send(self, event: Event) -> None:
        for listener in [*self._listeners]:
            try:
                listener.send_nowait(event)
            except (anyio.WouldBlock, anyio.BrokenResourceError):
                self._listeners.discard(listener)
                listener.close()


def _event(place: Place, row: SignalRow) -> Event:
    return Event(place, _encoder.encode(row))
