"""A forwarder on a scripted Telegram, run on its own lane."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

import anyio

from gateway_outbox.forward.forward_queue import ForwardQueue
from gateway_outbox.forward.forward_source import ForwardLane
from tests.telegram.channel import Channel
from tests.telegram.lane_rig import LaneRig, received, store
from tests.waiting import eventually


@dataclass
class Forwarding:
    """A rig with a source channel, a destination, and the queue between."""

    rig: LaneRig
    source: Channel
    destination: Channel
    queue: ForwardQueue

    async def post(self, *texts: str, **fields: Any) -> None:
        """Post in the source, and receive it."""
        batch = [received(self.source.post(text, **fields)) for text in texts]
        await store(self.rig, batch, self.queue.queue_rows(batch))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ForwardLane]:
        """The lane, fast, for the length of the block."""
        rig = self.rig
        lane = ForwardLane(rig.outbox, self.queue, rig.state, rig.telemetry, 6000)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lane.run, rig.requests, rig.tracked)
            yield lane
            tasks.cancel_scope.cancel()

    async def settled(self) -> None:
        """Until nothing waits, and what became of each is counted."""

        async def is_empty() -> bool:
            return (await self.queue.pending())[0] == 0

        await eventually(is_empty)
        with closing(sqlite3.connect(self.rig.outbox.path)) as beside:
            ((ended,),) = beside.execute("SELECT count(*) FROM forward").fetchall()
        counts = self.rig.telemetry._counters["telegram_forwarded_total"]
        await eventually(lambda: sum(counts.values()) == ended)

    @property
    def copies(self) -> list[str]:
        """The texts in the destination, in order."""
        return [each.message for _, each in sorted(self.destination.messages.items())]

    @property
    def shown(self) -> dict[str, Any]:
        """What `/health` says of the forwarder."""
        found: dict[str, Any] = self.rig.state.observed.get("forward", {"state": None})
        return found
