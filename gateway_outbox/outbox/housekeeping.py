"""The gateway's care for its outbox: forget old settled rows, count afresh, audit."""

import time

import anyio

from gateway_outbox.outbox.outbox import Outbox

INTERVAL_SECONDS = 60.0
DAY_MS = 24 * 60 * 60 * 1000
PURGE_ROWS = 500


async def keep_house(outbox: Outbox, keep_days: float) -> None:
    """Until cancelled: each minute purge what was settled `keep_days` ago, a little at a time."""
    while True:
        await purge_settled(outbox, keep_days)
        await purge_lanes(outbox, keep_days)
        await outbox.recount()
        await audit(outbox)
        await anyio.sleep(INTERVAL_SECONDS)


async def audit(outbox: Outbox) -> None:
    """Note by how many rows the file's own account is wrong: 0, unless something took rows away."""
    ((outbox.unaccounted,),) = await outbox.read("unaccounted")


async def purge_settled(outbox: Outbox, keep_days: float) -> int:
    """Forget every delivered or discarded row older than so many days; returns how many."""
    before_ms = _before_ms(keep_days)
    total = 0
    while purged := await outbox.purge(before_ms, PURGE_ROWS):
        total += purged
    return total


async def purge_lanes(outbox: Outbox, keep_days: float) -> None:
    """Forget the copies and files that were settled so many days ago."""
    for query in ("purge_forward", "purge_media"):
        await outbox.write(query, [(_before_ms(keep_days),)])


def _before_ms(keep_days: float) -> int:
    return time.time_ns() // 1_000_000 - int(keep_days * DAY_MS)
