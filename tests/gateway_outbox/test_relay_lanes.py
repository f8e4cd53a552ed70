"""How pending rows become requests: what shares one, how many are under way, what they settle."""

import anyio
import pytest
from aiohttp import web

from contracts import wire
from contracts.message import Message
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay import relay as relaying
from gateway_outbox.relay import settling
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.relay.canary import Canary
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.relay import Relay
from tests.gateway_outbox.conftest import running
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.gateway_outbox.test_settling import number_of
from tests.messages import CHANNEL, message, messages
from tests.waiting import eventually

LANES = 4
OTHER = CHANNEL - 1


@pytest.fixture
def one_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for a second row in any request."""
    monkeypatch.setattr(relaying, "MAX_BATCH_BYTES", 1)


async def test_rows_of_several_channels_share_a_request(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """Those of each in order, the longest waiting channel first."""
    await outbox.append(messages(6, channels=3), "replay")
    await eventually(lambda: outbox.pending == 0)
    assert [[m.sequence for m in request] for request in api.requests] == [[1, 4, 2, 5, 3, 6]]
    assert relay.trouble is None


@pytest.mark.parametrize(("spare", "requests"), [(0, [1, 1]), (1, [2])])
async def test_a_request_that_is_full_takes_no_other_channel(  # noqa: PLR0913, PLR0917  # each is a fixture
    spare: int,
    requests: list[int],
    outbox: Outbox,
    delivery: Delivery,
    api: ScriptedApi,
    telemetry: Telemetry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Full is the byte limit reached by what is in it already."""
    await outbox.append(messages(2, channels=2), "replay")
    (first,) = await outbox.pending_rows(CHANNEL, 1, 0)
    monkeypatch.setattr(relaying, "MAX_BATCH_BYTES", len(first.payload) + spare)
    async with running(Relay(outbox, delivery, Backoff(3, 0.01, 0.02), LANES, telemetry)):
        await eventually(lambda: outbox.pending == 0)
    assert [len(request) for request in api.requests] == requests


async def test_a_request_full_by_count_leaves_the_next_channel_to_another_lane(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """Two channels with a full batch each are under way at once."""
    api.held = {CHANNEL: anyio.Event(), OTHER: anyio.Event()}
    await outbox.append(messages(2 * wire.MAX_BATCH_MESSAGES, channels=2), "replay")
    await eventually(lambda: len(api.requests) == 2, seconds=10)
    assert {len(request) for request in api.requests} == {wire.MAX_BATCH_MESSAGES}
    assert relay.trouble is None


async def test_a_request_takes_of_the_next_channel_what_there_is_room_for(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """Three channels of three hundred: one and two thirds of another fill a request."""
    api.held = {CHANNEL - n: anyio.Event() for n in range(3)}
    size = wire.MAX_BATCH_MESSAGES * 3 // 5
    await outbox.append(messages(3 * size, channels=3), "replay")
    await eventually(lambda: len(api.requests) == 2, seconds=10)
    sizes = sorted(len(request) for request in api.requests)
    assert sizes == [size, wire.MAX_BATCH_MESSAGES]
    assert relay.trouble is None


@pytest.mark.usefixtures("one_a_request")
async def test_no_more_requests_than_lanes_are_under_way(
    relay: Relay, canary: Canary, outbox: Outbox, api: ScriptedApi
) -> None:
    """Beside them, and behind them in the loop, flies the canary."""
    api.held = {CHANNEL - n: anyio.Event() for n in range(LANES + 2)}
    await outbox.append(messages(LANES + 2, channels=LANES + 2), "replay")
    await eventually(lambda: len(api.requests) >= LANES)
    assert await canary.fly(10)
    assert len(api.requests) == LANES
    for event in api.held.values():
        event.set()
    await eventually(lambda: outbox.pending == 0)
    assert relay.trouble is None


@pytest.mark.usefixtures("one_a_request")
async def test_an_answer_waits_for_the_others_under_way(
    relay: Relay,
    outbox: Outbox,
    api: ScriptedApi,
    telemetry: Telemetry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both are written in one commit."""
    monkeypatch.setattr(settling, "DELAY_SECONDS", 3600)
    api.held = {OTHER: anyio.Event()}
    await outbox.append(messages(2, channels=2), "replay")
    commits = number_of(telemetry, "outbox_commit_rows")
    await eventually(lambda: relay.last_delivery is not None)
    api.held[OTHER].set()
    await eventually(lambda: outbox.pending == 0)
    assert number_of(telemetry, "outbox_commit_rows") == commits + 1


@pytest.mark.usefixtures("one_a_request")
async def test_an_answer_does_not_wait_long_for_the_others(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """A request that hangs does not keep a row pending that was delivered."""
    api.held = {OTHER: anyio.Event()}
    await outbox.append(messages(2, channels=2), "replay")
    await eventually(lambda: outbox.pending == 1, seconds=10)
    assert [len(request) for request in api.requests] == [1, 1]
    assert relay.trouble is None


@pytest.mark.usefixtures("one_a_request")
async def test_a_trouble_lets_the_others_end_by_themselves(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """What is under way when another request fails is delivered, and not sent again."""

    def fail_first(destination: ScriptedApi, batch: list[Message]) -> web.Response | None:
        asked = [request[0].channel_id for request in destination.requests]
        return status(500) if batch[0].channel_id == CHANNEL and asked.count(CHANNEL) == 1 else None

    api.script = fail_first
    api.held = {OTHER: anyio.Event()}
    await outbox.append([message(1), message(1, channel=OTHER)], "replay")
    await eventually(lambda: relay.trouble is not None)
    await eventually(lambda: len(api.requests) == 2)
    api.held[OTHER].set()
    await eventually(lambda: outbox.pending == 0)
    assert sorted(request[0].channel_id for request in api.requests) == [OTHER, CHANNEL, CHANNEL]
    assert (len(api.stored), outbox.dead_letters) == (2, 0)
