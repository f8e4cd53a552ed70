"""`tpcapital channels check`: each channel's history at Telegram against what is stored."""

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from gateway_outbox.errors import GatewayError
from ops.gateway_client import GatewayClient, needed_gateway
from ops.rendering import Sheet

_COLUMNS = ("channel", "title", "checked", "missing", "gaps", "filled", "error")

Tell = Callable[[str], None]


async def check_all(
    path: Path, channels: list[dict[str, Any]], from_id: int | None, tell: Tell, *, fill: bool
) -> list[dict[str, Any]]:
    """A document for each channel; one that cannot be read has its `error`.

    Raises DoorError when no gateway runs.
    """
    async with needed_gateway(path) as gateway:
        return [await _check(gateway, each, from_id, tell, fill=fill) for each in channels]


def sheet(documents: list[dict[str, Any]]) -> Sheet:
    """The documents for people."""
    lines = [
        (
            each["channel_id"],
            each["title"],
            each["checked"],
            len(each["missing"]),
            ", ".join(each["gaps"]),
            each["filled"],
            each["error"],
        )
        for each in documents
    ]
    return Sheet("", _COLUMNS, lines, "no channel is followed")


def spans(ids: list[int]) -> list[str]:
    """Ascending ids as stretches: 1 2 3 7 gives 1-3 and 7."""
    return [str(a) if a == b else f"{a}-{b}" for a, b in _stretches(ids)]


def _stretches(ids: list[int]) -> Iterator[tuple[int, int]]:
    if not ids:
        return
    begin = ids[0]
    for before, after in pairwise(ids):
        if after != before + 1:
            yield begin, before
            begin = after
    yield begin, ids[-1]


async def _check(
    gateway: GatewayClient, channel: dict[str, Any], from_id: int | None, tell: Tell, *, fill: bool
) -> dict[str, Any]:
    missing: list[int] = []
    checked = filled = 0
    error = None
    body = {"channel_id": channel["channel_id"], "from_id": from_id, "fill": fill}
    try:
        async for found in _pages(gateway, body):
            checked += found["checked"]
            filled += found["filled"]
            missing += found["missing"]
            tell(f"{channel['title'] or channel['channel_id']}: {checked} messages checked")
    except GatewayError as failure:
        error = str(failure)
    return {
        "channel_id": channel["channel_id"],
        "title": channel["title"],
        "checked": checked,
        "missing": missing,
        "gaps": spans(missing),
        "filled": filled,
        "error": error,
    }


async def _pages(gateway: GatewayClient, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """What the gateway found, one stretch of the history after the other."""
    while True:
        found = await gateway.post("/channels/check", body)
        yield found
        if found["next_id"] is None:
            return
        body["from_id"] = found["next_id"]
