"""X-Forwarded-For, believed as far as trusted proxies wrote it."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from ingest_api.request.client_address import ClientAddress
from ingest_api.request.rate_limit import RateLimit

PROXIES = ["10.0.0.0/8", "2001:db8::1"]


async def _receive() -> Message:
    return {"type": "http.request"}


async def _send(_message: Message) -> None:
    return


async def _seen(peer: str, forwarded: list[str]) -> str:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["client"][0])

    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    await ClientAddress(app, PROXIES)(scope, _receive, _send)
    return seen[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.1.1.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.1.1.1", ["1.1.1.1, 203.0.113.9, 10.2.2.2"], "203.0.113.9"),
        ("10.1.1.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["unknown"], "10.1.1.1"),
        ("10.1.1.1", ["203.0.113.9, unknown, 10.2.2.2"], "10.2.2.2"),
        ("2001:db8::1", ["2001:db8::99"], "2001:db8::99"),
        ("::ffff:10.1.1.1", ["203.0.113.9"], "203.0.113.9"),
    ],
)
async def test_the_first_address_that_is_no_proxy_is_the_client(
    peer: str, forwarded: list[str], client: str
) -> None:
    """Read from the end; what a client writes itself is never believed."""
    assert await _seen(peer, forwarded) == client


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.1", "203.0.113.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.1", "::ffff:203.0.113.2", False),
    ],
)
async def test_a_customer_of_ipv6_is_a_network(one: str, other: str, same: bool) -> None:
    """A customer has 2^64 addresses, and one window."""
    now = [0.0]

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    limit = RateLimit(app, most=5, seconds=60, clock=lambda: now[0])

    async def remaining(address: str) -> str:
        told: list[str] = []

        async def send(message: Message) -> None:
            told.append(dict(message["headers"])[b"ratelimit-remaining"].decode())

        await limit({"type": "http", "client": (address, 1)}, _receive, send)
        return told[0]

    assert await remaining(one) == "4"
    assert await remaining(other) == ("3" if same else "4")
    now[0] = 61.0
    assert await remaining(one) == "4"
