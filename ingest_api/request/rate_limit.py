"""How often a client may ask: a window each, in this process's memory."""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts import problem
from ingest_api.request.answer import ProblemError

_MAX_CLIENTS = 10_000


class RateLimit:
    """ASGI middleware: `most` requests in `seconds` for each client, told in RateLimit headers.

    Raises ProblemError 429 for those beyond.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int,
        seconds: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._app = app
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        used, reset = self._count(_client(scope))
        told = {
            "RateLimit-Policy": f"{self._most};w={self._seconds:.0f}",
            "RateLimit-Limit": str(self._most),
            "RateLimit-Remaining": str(max(self._most - used, 0)),
            "RateLimit-Reset": str(reset),
        }
        if used > self._most:
            detail = f"more than {self._most} requests in {self._seconds:.0f} s; wait {reset} s"
            headers = told | {"Retry-After": str(reset)}
            raise ProblemError(problem.RATE_LIMITED, detail, headers=headers)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _count(self, client: str) -> tuple[int, int]:
        """Requests of this client's window, this one included, and the seconds until its end."""
        now = self._clock()
        started, count = self._windows.pop(client, (now, 0))
        if now - started >= self._seconds:
            started, count = now, 0
        self._windows[client] = (started, count + 1)
        if len(self._windows) > _MAX_CLIENTS:
            self._windows.popitem(last=False)
        return count + 1, ceil(started + self._seconds - now)


def _client(scope: Scope) -> str:
    """The address; of IPv6 the network that one customer has."""
    host = str(scope["client"][0]) if scope.get("client") else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(ip_network((address.packed[:8] + bytes(8), 64)))
    return host
