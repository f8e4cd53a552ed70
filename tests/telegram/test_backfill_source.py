"""The history lane against the scripted Telegram: its end, its troubles, and whom it leaves out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from telethon.tl import types

from gateway_outbox.forward.forward_queue import ForwardQueue
from gateway_outbox.side_queues import SideQueues
from gateway_outbox.user import backfill_queue, backfill_source
from gateway_outbox.user.backfill_queue import Backfill
from gateway_outbox.user.backfill_source import BackfillLane
from gateway_outbox.user.history_desk import HistoryDesk, HistoryError
from gateway_outbox.user.user_intake import UserIntake
from tests.telegram.channel import Channel
from tests.telegram.lane_rig import LaneRig, lane_rig
from tests.waiting import eventually


@dataclass
class Reading:
    """A rig with a channel of 250 messages, the last two of them service messages."""

    rig: LaneRig
    channel: Channel
    desk: HistoryDesk
    queues: SideQueues

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The lane, fast, for the length of the block."""
        rig = self.rig
        intake = UserIntake(rig.outbox, rig.telemetry, rig.state, 20, self.queues)
        lane = BackfillLane(intake, self.desk, rig.telemetry, 6000)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lane.run, rig.requests, rig.tracked)
            await eventually(lambda: self.desk.reader is not None)
            yield
            tasks.cancel_scope.cancel()
        assert self.desk.reader is None

    async def begin(self, channel: Channel, first: int = 1, last: int = 250) -> None:
        """Ask for a history."""
        await backfill_queue.begin(self.rig.outbox, channel.marked_id, first, last)
        self.desk.wake()

    async def ended(self, channel: Channel) -> Backfill:
        """The history, once it is read or failed."""
        found: list[Backfill] = []

        async def has_ended() -> bool:
            backfill = await backfill_queue.of_channel(self.rig.outbox, channel.marked_id)
            assert backfill is not None
            found.append(backfill)
            return backfill.state != "running"

        await eventually(has_ended)
        return found[-1]


@pytest.fixture
async def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reading]:
    """Ready to run, with short waits."""
    monkeypatch.setattr(backfill_source, "TROUBLE_SECONDS", 0.01)
    monkeypatch.setattr(backfill_source, "FIRST_LOOK_SECONDS", 0.02)
    async with lane_rig(tmp_path) as rig:
        channel = rig.telegram.channel("Mesa")
        for number in range(1, 249):
            channel.post(str(number), push=False)
        for _ in range(2):
            channel.service(types.MessageActionPinMessage(), push=False)
        rig.follow(channel)
        target = rig.telegram.channel("Saída", writable=True)
        rig.declare_destination(target)
        queues = SideQueues(ForwardQueue(rig.outbox, rig.channels))
        yield Reading(rig, channel, HistoryDesk(), queues)


async def test_a_history_is_read_in_chunks(reading: Reading) -> None:
    """Up to the id that was asked for; service messages do not count; nothing is forwarded."""
    async with reading.running():
        await reading.begin(reading.channel, first=11, last=250)
        reading.channel.post("later", push=False)
        found = await reading.ended(reading.channel)
    assert (found.state, found.found, found.stored, found.next_id) == ("done", 238, 238, 251)
    assert (await reading.rig.outbox.read("forward_pending"))[0][0] == 0
    assert reading.rig.state.received == 238


async def test_a_stretch_inside_the_history_ends_where_it_was_asked_to(reading: Reading) -> None:
    """Not a message beyond."""
    async with reading.running():
        await reading.begin(reading.channel, first=5, last=120)
        found = await reading.ended(reading.channel)
    assert (found.found, found.next_id) == (116, 121)


async def test_trouble_is_ridden_out_and_a_refusal_ends_it(reading: Reading) -> None:
    """With its reason; another channel's history is read all the same."""
    faults = reading.rig.server.faults
    faults.fail("messages.GetHistory", 500, "RPC_MCGET_FAIL")
    other = reading.rig.telegram.channel("Outra")
    other.post("x", push=False)
    reading.rig.follow(other)
    other.ban(push=False)
    async with reading.running():
        await reading.begin(other, last=1)
        await reading.begin(reading.channel)
        assert (await reading.ended(reading.channel)).state == "done"
        lost = await reading.ended(other)
    assert (lost.state, lost.reason) == ("failed", "Telegram answers ChannelPrivateError")


async def test_a_channel_that_is_found_later_is_read_then(reading: Reading) -> None:
    """A restart learns of its channels one after the other."""
    late = reading.rig.telegram.channel("Tarde")
    late.post("x", push=False)
    async with reading.running():
        await reading.begin(late, last=1)
        reading.rig.follow(late)
        assert (await reading.ended(late)).stored == 1


async def test_the_reader_says_why_it_cannot(reading: Reading) -> None:
    """Not followed, not readable, refused by Telegram."""
    async with reading.running():
        reader = reading.desk.connected()
        with pytest.raises(HistoryError, match="channel -1005 is not followed; declare it"):
            await reader.top(-1005)
        tracked = reading.rig.tracked[reading.channel.marked_id]
        tracked.state, tracked.reason = "no_access", "private"
        with pytest.raises(HistoryError, match="cannot be read: private"):
            await reader.top(reading.channel.marked_id)
        tracked.state = "tracked"
        reading.rig.server.faults.fail("messages.GetHistory", 400, "CHANNEL_INVALID")
        with pytest.raises(HistoryError, match="Telegram answers ChannelInvalidError"):
            await reader.top(reading.channel.marked_id)
        assert await reader.top(reading.channel.marked_id) == 250
        assert (await reader.compare(reading.channel.marked_id, None, fill=True)).checked == 0
    with pytest.raises(HistoryError, match="the user session is not connected"):
        reading.desk.connected()


async def test_a_connection_that_breaks_is_no_answer(reading: Reading) -> None:
    """Whoever asked for history hears so at once, and what to do."""
    async with reading.running():
        reader = reading.desk.connected()
        reading.rig.server.faults.drop("messages.GetHistory")
        with anyio.fail_after(10), pytest.raises(HistoryError, match="broke; try again soon"):
            await reader.compare(reading.channel.marked_id, 1, fill=True)
    assert reading.rig.outbox.pending == 0
