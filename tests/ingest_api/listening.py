"""Listeners of GET /signals/stream."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import anyio
import orjson

from tests.api_process import ApiProcess
from tests.ingest_api.test_ingest import HEADERS


class Event(NamedTuple):
    """One server-sent event."""

    place: str
    name: str
    data: dict[str, Any]


class Stream:
    """A listener, as a browser's EventSource."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.place = ""

    async def next(self) -> Event:
        """The next event; raises EOFError at the end."""
        found: dict[str, str] = {}
        with anyio.fail_after(10):
            while line := (await self._answer.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name and value and not line.startswith(":"):
                    found[name] = value
                elif not line.strip() and "data" in found:
                    self.place = found["id"]
                    return Event(found["id"], found["event"], orjson.loads(found["data"]))
        raise EOFError

    async def signals(self, count: int) -> list[dict[str, Any]]:
        """So many signals."""
        return [(await self.next()).data for _ in range(count)]


@asynccontextmanager
async def listening(url: str, place: str = "") -> AsyncIterator[Stream]:
    """A listener that has had its `ready`; `place` is where it left before."""
    headers = {"Last-Event-ID": place} if place else {}
    async with (
        aiohttp.ClientSession(url) as session,
        session.get("/signals/stream", headers=headers) as answer,
    ):
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        stream = Stream(answer)
        ready = await stream.next()
        assert (ready.name, ready.data) == ("ready", {})
        yield stream


async def post(api: ApiProcess, *messages: dict[str, Any]) -> None:
    """Deliver these messages together."""
    async with (
        aiohttp.ClientSession(api.url, headers=HEADERS) as session,
        session.post("/ingest/batch", json={"messages": messages}) as answer,
    ):
        assert answer.status == 200
