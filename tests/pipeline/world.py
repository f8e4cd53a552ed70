"""One API process and one database for many examples, with a proxy before each of them."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.api_process import ApiProcess
from tests.proxy import HOST, Fault, HttpProxy, Proxy, passed
from tests.waiting import eventually

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
CHANNELS_EACH = 2
FIRST_CHANNEL = -1_002_000_000_000


class World:
    """What outlives an example; everything asynchronous runs in the portal's event loop.

    `sometimes` counts what really came to pass, so that no run can be vacuous.
    """

    def __init__(self, portal: BlockingPortal, dsn: str, folder: Path) -> None:
        self.portal = portal
        self.dsn = dsn
        self.folder = folder
        self.sometimes: Counter[str] = Counter()
        self.channels: set[int] = set()
        self._numbers = itertools.count()
        self._parts: tuple[HttpProxy, Proxy, ApiProcess] | None = None

    @property
    def http(self) -> HttpProxy:
        """What stands before the API."""
        assert self._parts is not None
        return self._parts[0]

    @property
    def database(self) -> Proxy:
        """What stands between the API and PostgreSQL."""
        assert self._parts is not None
        return self._parts[1]

    @property
    def api(self) -> ApiProcess:
        """The API; it finds its port again when it is started anew."""
        assert self._parts is not None
        return self._parts[2]

    def call(self, function: Callable[[*Arguments], Awaitable[T]], *arguments: *Arguments) -> T:
        """Run it in the event loop and wait."""
        return self.portal.call(function, *arguments)

    def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until it holds, looked at in the event loop. Raises TimeoutError."""
        self.portal.call(eventually, condition, seconds)

    def new_example(self) -> tuple[int, Path]:
        """A channel of its own (the next ones are its too) and a folder."""
        number = next(self._numbers)
        channel = FIRST_CHANNEL + number * CHANNELS_EACH
        self.channels |= {channel, channel + 1}
        folder = self.folder / str(number)
        folder.mkdir()
        return channel, folder

    def fail_requests(self, fault: Fault) -> None:
        """Answer requests like this from now on."""

        async def change() -> None:
            await self.http.open()
            self.http.fault = fault

        self.call(change)

    def heal(self) -> None:
        """End every fault."""
        self.http.poison = b""
        self.fail_requests(passed)
        self.call(self.database.open)

    @asynccontextmanager
    async def _proxies(self) -> AsyncIterator[None]:
        target = conninfo_to_dict(self.dsn)
        database = Proxy(str(target.get("host", HOST)), int(target.get("port") or 5432))
        async with anyio.create_task_group() as tasks, database.running(tasks):
            proxied = make_conninfo(self.dsn, host=HOST, port=database.port)
            with ApiProcess(proxied, self.folder / "api.log") as api:
                await anyio.to_thread.run_sync(api.wait_until_ready)
                http = HttpProxy(HOST, int(api.url.rpartition(":")[2]))
                async with http.running(tasks):
                    self._parts = (http, database, api)
                    yield


@contextmanager
def running_world(dsn: str, folder: Path) -> Iterator[World]:
    """A world on a migrated database."""
    with start_blocking_portal("asyncio") as portal:
        world = World(portal, dsn, folder)
        with portal.wrap_async_context_manager(world._proxies()):
            yield world
