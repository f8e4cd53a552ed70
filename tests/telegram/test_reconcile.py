"""A comparison, request by request: what it asks, counts, shows, and writes down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from telethon.tl import functions, types

from gateway_outbox.user.reconcile_source import TRIES
from gateway_outbox.user.reconcile_turn_source import PEERS
from gateway_outbox.user.user_source import UserSource
from tests.telegram.channel import Channel
from tests.telegram.dialog_answers import dialog
from tests.telegram.garbage import Garbage
from tests.telegram.gateway_user import Site, told
from tests.telegram.world import Telegram
from tests.waiting import eventually

DIFFERENCE = "updates.GetChannelDifference"
HISTORY = "messages.GetHistory"
_REQUESTS = {
    DIFFERENCE: functions.updates.GetChannelDifferenceRequest,
    HISTORY: functions.messages.GetHistoryRequest,
}


@pytest.fixture
def channel(site: Site, telegram: Telegram) -> Channel:
    """A declared channel with three messages; it is compared when a test says so."""
    channel = telegram.channel("Mesa", username="mesa", page=10)
    for number in range(3):
        channel.post(f"sinal {number}", push=False)
    site.declare(channel)
    return channel


class Comparisons:
    """A running source, and what one comparison more asks of Telegram."""

    def __init__(self, site: Site, source: UserSource) -> None:
        self.site = site
        self.state = source.state
        self._source = source

    async def once(self) -> dict[str, int]:
        """Compare; how often a difference, and how often history was asked for."""
        names = (DIFFERENCE, HISTORY)
        before = {name: self.site.server.count(name) for name in names}
        with anyio.fail_after(5):
            await self._source.compare_all()
        return {name: self.site.server.count(name) - before[name] for name in names}

    def counted(self, result: str) -> float:
        """Comparisons that ended so."""
        return self.site.counted("telegram_reconciles_total", result=result)

    async def agrees(self, channel: Channel) -> None:
        """Messages and cursor are Telegram's, over the connection that was made first."""
        assert await self.site.texts(channel) == told(channel)
        row = await self.site.row(channel)
        assert (row["pts"], row["resume_pts"]) == (channel.pts, None)
        assert self.site.server.count("help.GetConfig") == 1


@asynccontextmanager
async def comparing(site: Site) -> AsyncIterator[Comparisons]:
    """A source that has compared everything once."""
    async with site.running() as source:
        yield Comparisons(site, source)


def withheld(channel: Channel, count: int) -> None:
    """Messages that nobody is told of."""
    for number in range(count):
        channel.post(f"withheld {number}", push=False)


def answering(site: Site, name: str, *answers: Any) -> None:
    """Give these answers to the next requests of that name, and then the usual ones."""
    asked = _REQUESTS[name]
    usual, left = site.server.answers[asked], list(answers)
    site.server.answers[asked] = lambda call: left.pop(0) if left else usual(call)


async def test_nothing_new_asks_for_nothing(site: Site, channel: Channel) -> None:
    """Telegram's counter in the list of dialogs is enough."""
    async with comparing(site) as turns:
        assert turns.counted("current") == 1
        assert await turns.once() == {DIFFERENCE: 0, HISTORY: 0}
        assert turns.counted("current") == 2
        await turns.agrees(channel)


@pytest.mark.parametrize("count", [1, 9, 10, 11, 35])
async def test_what_is_new_is_asked_for_page_by_page(
    site: Site, channel: Channel, count: int
) -> None:
    """Ten at a time here; the last page ends it, and no history is read."""
    async with comparing(site) as turns:
        withheld(channel, count)
        pages = -(-count // 10)
        assert await turns.once() == {DIFFERENCE: pages, HISTORY: 0}
        assert (turns.counted("difference"), turns.counted("current")) == (pages, 1)
        await turns.agrees(channel)


async def test_deletions_one_by_one_in_one_difference(site: Site, channel: Channel) -> None:
    """Each of them counts."""
    async with comparing(site) as turns:
        channel.delete([1], push=False)
        channel.delete([3], push=False)
        await turns.once()
        await turns.agrees(channel)


async def test_how_far_it_is_behind_is_shown(site: Site, channel: Channel) -> None:
    """While the answer is awaited; then it is behind no more."""
    async with comparing(site) as turns, anyio.create_task_group() as tasks:
        lags = turns.state.gauges["telegram_reconcile_lag_events"]
        assert lags == {str(channel.marked_id): 0.0}
        site.server.faults.hold(DIFFERENCE)
        withheld(channel, 4)
        tasks.start_soon(turns.once)
        await eventually(lambda: lags == {str(channel.marked_id): 4.0})
        site.server.release()
        await eventually(lambda: lags == {str(channel.marked_id): 0.0})


async def test_a_channel_never_seen_is_behind_by_all_it_has(site: Site, channel: Channel) -> None:
    """Until its history has been read."""
    site.server.faults.hold(HISTORY)
    source = site.source()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(source.run)
        shown = {str(channel.marked_id): float(channel.pts)}
        await eventually(lambda: source.state.gauges.get("telegram_reconcile_lag_events") == shown)
        site.server.release()
        await site.holds(channel)
        tasks.cancel_scope.cancel()


async def test_a_counter_that_moves_without_an_event(site: Site, channel: Channel) -> None:
    """An empty difference says where it stands; the next comparison asks for nothing."""
    async with comparing(site) as turns:
        channel.pts += 5
        answering(site, DIFFERENCE, types.updates.ChannelDifferenceEmpty(channel.pts, final=True))
        assert await turns.once() == {DIFFERENCE: 1, HISTORY: 0}
        await turns.agrees(channel)
        assert await turns.once() == {DIFFERENCE: 0, HISTORY: 0}


async def test_more_to_come_and_never_comes(site: Site, channel: Channel) -> None:
    """An answer that says so and stays where we are: the history is read instead, at once."""
    async with comparing(site) as turns:
        withheld(channel, 2)
        channel.edit(1, "corrigido", push=False)
        stuck = types.updates.ChannelDifference(channel.pts - 3, [], [], [], [], final=False)
        answering(site, DIFFERENCE, stuck)
        asked = await turns.once()
        assert asked[DIFFERENCE] == 2
        assert asked[HISTORY] > 0
        assert (turns.counted("failed"), turns.counted("difference")) == (0, 0)
        await turns.agrees(channel)


@pytest.mark.parametrize("error", ["INVALID", "OUTDATED", "EMPTY"])
async def test_telegram_is_ready_again_in_time(site: Site, channel: Channel, error: str) -> None:
    """One try fewer than there are: no history."""
    async with comparing(site) as turns:
        withheld(channel, 1)
        site.server.faults.fail(DIFFERENCE, 400, f"PERSISTENT_TIMESTAMP_{error}", times=TRIES - 1)
        assert await turns.once() == {DIFFERENCE: TRIES, HISTORY: 0}
        await turns.agrees(channel)


async def test_telegram_is_not_ready_in_time(site: Site, channel: Channel) -> None:
    """All the tries, then the history, and the difference from where it ends."""
    async with comparing(site) as turns:
        withheld(channel, 1)
        site.server.faults.fail(DIFFERENCE, 400, "PERSISTENT_TIMESTAMP_INVALID", times=TRIES)
        asked = await turns.once()
        assert asked[DIFFERENCE] == TRIES + 1
        assert asked[HISTORY] > 0
        await turns.agrees(channel)


@pytest.mark.parametrize("refusals", [TRIES - 1, TRIES])
async def test_too_much_has_happened_meanwhile(site: Site, channel: Channel, refusals: int) -> None:
    """The last try says so, or the one that follows the history: the history, then, or again."""
    async with comparing(site) as turns:
        withheld(channel, 1)
        site.server.faults.fail(DIFFERENCE, 400, "PERSISTENT_TIMESTAMP_INVALID", times=refusals)
        too_long = types.updates.ChannelDifferenceTooLong(
            dialog(channel), [], [channel.entity], [], final=True
        )
        answering(site, DIFFERENCE, too_long)
        assert (await turns.once())[DIFFERENCE] == refusals + 2
        assert turns.counted("too_long") == 1
        await turns.agrees(channel)


async def test_one_that_is_wanted_is_compared_alone(
    site: Site, telegram: Telegram, channel: Channel
) -> None:
    """What did not fit into the buffer is asked for; the other channel is not looked at."""
    other = telegram.channel("Outra")
    site.declare(channel, other)
    async with site.running() as source:
        turns = Comparisons(site, source)
        assert turns.counted("current") == 2
        source._live._buffer = 0
        channel.post("does not fit")
        await eventually(lambda: turns.counted("difference") == 1)
        await site.holds(channel)
        assert turns.counted("current") == 2
        withheld(other, 1)
        assert await turns.once() == {DIFFERENCE: 1, HISTORY: 0}
        await turns.agrees(other)


@pytest.mark.parametrize(("count", "questions"), [(PEERS, 1), (PEERS + 1, 2)])
async def test_counters_are_asked_for_a_hundred_at_a_time(
    site: Site, telegram: Telegram, count: int, questions: int
) -> None:
    """Telegram answers no more in one question."""
    many = [telegram.channel(f"Canal {number}") for number in range(count)]
    for each in many:
        withheld(each, 1)
    site.declare(*many)
    async with site.running() as source:
        assert len(source.channels) == count
        assert site.server.count("messages.GetPeerDialogs") == questions
        site.server.faults.fail("messages.GetPeerDialogs", 400, "SOMETHING_NEW_INVALID")
        # One question is refused: each of its channels is asked, and none of the other question's.
        assert (await Comparisons(site, source).once())[DIFFERENCE] == PEERS


async def test_neither_difference_nor_history_can_be_read(
    site: Site, telegram: Telegram, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    """Health and log say so without a byte of it; all is well again over the same connection."""
    other = telegram.channel("Outra")
    site.declare(channel, other)
    async with comparing(site) as turns:
        withheld(channel, 1)
        withheld(other, 1)
        answering(site, DIFFERENCE, *[Garbage()] * TRIES * 2)
        answering(site, HISTORY, Garbage(), Garbage())
        await turns.once()
        both = sorted([channel.marked_id, other.marked_id])
        why = "(what this version of Telethon cannot read, deadbeef)"
        said = f"2 channels could not be compared: {both[0]} {why}, {both[1]} {why}"
        assert turns.state.alarms["reconcile"] == said
        assert caplog.text.count("deadbeef") == 4
        assert "Remaining" not in caplog.text
        assert turns.counted("failed") == 2
        await turns.once()
        assert "reconcile" not in turns.state.alarms
        await turns.agrees(channel)
