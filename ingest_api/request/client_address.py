"""Whose request it is, when it comes through proxies."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address


class ClientAddress:
    """ASGI middleware that puts the client's own address into the scope.

    X-Forwarded-For is believed as far as `proxies` wrote it: read from its end, the first address
    that is no trusted proxy is the client.
    """

    def __init__(self, app: ASGIApp, proxies: Iterable[str]) -> None:
        self._app = app
        self._trusted = [ip_network(proxy) for proxy in proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope.get("client"):
            sent = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            hops = b",".join(sent).decode("latin-1").split(",") if sent else []
            scope["client"] = (self._client(scope["client"][0], hops), 0)
        await self._app(scope, receive, send)

    def _client(self, peer: str, hops: Sequence[str]) -> str:
        client = peer
        for hop in reversed(hops):
            known = _address(client)
            if known is None or not any(known in network for network in self._trusted):
                break
            if _address(hop.strip()) is None:
                break
            client = hop.strip()
        return client


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
