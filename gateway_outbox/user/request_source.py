"""The one way in which the user session asks Telegram anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Protocol, TypeVar

import anyio
from telethon import TelegramClient, errors
from telethon.tl import TLRequest

from gateway_outbox.flood_waits import FloodWaits
from gateway_outbox.user.tracked_channel import TrackedChannel

T = TypeVar("T")
PATIENCE = 60.0


async def answered(waiting: Awaitable[T]) -> T:
    """What Telethon answers. Raises ConnectionError where Telethon gives the answer up.

    When its connection ends it cancels whoever waits for an answer, and a cancellation that
    nobody asked for would end our task without a word.
    """
    try:
        return await waiting
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the connection was closed before the answer came") from None


class Requests:
    """Asks, and waits where Telegram says so: stored, so that a restart waits on.

    Every lane of the user session shares it; there is never a second connection. An answer that
    does not come within `patience` seconds never will: it was lost, or Telethon threw it away
    because the clock was wrong. It would be waited for until the connection ends.
    """

    def __init__(
        self, client: TelegramClient, floods: FloodWaits, patience: float = PATIENCE
    ) -> None:
        self.client = client
        self._floods = floods
        self._patience = patience

    def waits_for(self, name: str) -> float:
        """Seconds that requests of this name, as GetState, still have to wait."""
        return self._floods.seconds(name)

    async def ask(self, request: TLRequest) -> Any:
        """Telegram's answer. Raises what Telethon raises, but for waits, which are obeyed.

        Raises ConnectionError when it does not come.
        """
        name = type(request).__name__.removesuffix("Request")
        while True:
            await self._floods.obey(name)
            try:
                return await self._answer(name, request)
            except (errors.FloodWaitError, errors.FloodPremiumWaitError) as error:
                await self._floods.note(name, float(error.seconds))

    async def _answer(self, name: str, request: TLRequest) -> Any:
        with anyio.move_on_after(self._patience):
            return await answered(self.client(request))
        raise ConnectionError(f"connected, but no answer to {name} within {self._patience:.0f} s")

    async def parts(
        self, location: Any, offset: int, size: int, *, at_a_time: int, centre: int
    ) -> AsyncIterator[bytes]:
        """A file's content from `offset` on, in parts of `at_a_time` bytes; waits are obeyed.

        `centre` is the data centre that has it. Raises what Telethon raises.
        """
        while offset < size:
            await self._floods.obey("GetFile")
            reading = self.client.iter_download(
                location, offset=offset, request_size=at_a_time, file_size=size, dc_id=centre
            )
            try:
                while part := bytes(await answered(anext(reading, b""))):
                    offset += len(part)
                    yield part
            except (errors.FloodWaitError, errors.FloodPremiumWaitError) as error:
                await self._floods.note("GetFile", float(error.seconds))
            else:
                return
            finally:
                await reading.close()


class Lane(Protocol):
    """Work beside the reception, for as long as one connection lives."""

    async def run(self, requests: Requests, channels: dict[int, TrackedChannel]) -> None:
        """Until cancelled. `channels` is kept up to date by the source that owns it.

        Raises OSError, ConnectionError or Telethon's errors when the connection breaks; it is then
        run again on the next one.
        """
