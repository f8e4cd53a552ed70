"""The histories that an operator asked for: how far each is, so that a restart goes on there."""

import time
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from gateway_outbox.outbox.outbox import Along, Outbox


class Backfill(NamedTuple):
    """A channel's messages from `first_id` to `last_id`; the next chunk begins at `next_id`.

    `found` messages so far, of which `stored` were not here before.
    """

    channel_id: int
    first_id: int
    next_id: int
    last_id: int
    found: int
    stored: int
    state: Literal["running", "done", "failed"]
    reason: str | None

    def document(self) -> dict[str, Any]:
        """For programs."""
        return self._asdict()


async def begin(outbox: Outbox, channel_id: int, first_id: int, last_id: int) -> bool:
    """Ask for a history; False while one of the channel is being read."""
    row = (channel_id, first_id, last_id, _now_ms())
    return await outbox.write("begin_backfill", [row]) > 0


async def every(outbox: Outbox) -> list[Backfill]:
    """All of them, the one that has waited longest first."""
    return [Backfill(*row) for row in await outbox.read("backfills")]


async def of_channel(outbox: Outbox, channel_id: int) -> Backfill | None:
    """The channel's, running or not."""
    return next((each for each in await every(outbox) if each.channel_id == channel_id), None)


def advanced(backfill: Backfill, ids: Sequence[int], next_id: int) -> Along:
    """The row that goes with a chunk, for the transaction of its append."""
    state = "done" if next_id > backfill.last_id else "running"
    found = msgspec.json.encode(list(ids)).decode()
    row = (backfill.channel_id, next_id, found, state, _now_ms())
    return [("advance_backfill", [row])]


async def fail(outbox: Outbox, backfill: Backfill, reason: str) -> None:
    """It cannot be read on."""
    await outbox.write("fail_backfill", [(reason, _now_ms(), backfill.channel_id)])


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
