"""What the relay does while the API takes nothing, and how it goes on after that."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import anyio
import pytest
from aiohttp import web

from contracts.message import Message
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.relay import LAST_COUNTED_RETRY, Relay
from tests.gateway_outbox.conftest import running
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.messages import message, messages
from tests.waiting import eventually

GROWING = Backoff(burst=1, delay=0.001, longest=3600.0)  # at the 25th retry: up to an hour
MANY = 40

Make = Callable[[Backoff], Relay]


@pytest.fixture
def make(outbox: Outbox, delivery: Delivery, telemetry: Telemetry) -> Make:
    """A relay with waits of its own."""
    return lambda backoff: Relay(outbox, delivery, backoff, 4, telemetry)


def refuse(api: ScriptedApi, times: int, **headers: str) -> None:
    """Answer so many requests from now on with 503, all later ones as usual."""
    end = len(api.requests) + times

    def answer(api: ScriptedApi, _batch: list[Message]) -> web.Response | None:
        return status(503, **headers) if len(api.requests) <= end else None

    api.script = answer


async def recovered(relay: Relay, outbox: Outbox) -> None:
    """All is delivered, and the relay says so."""
    await eventually(lambda: outbox.pending == 0 and relay.trouble is None)


async def test_retries_are_numbered_within_one_trouble(
    relay: Relay, outbox: Outbox, api: ScriptedApi, telemetry: Telemetry
) -> None:
    """From 1 on, and again from 1 in the next; the metric's last number stands for all later."""
    assert relay.retries == 0
    later = 3
    refuse(api, LAST_COUNTED_RETRY + later)
    await outbox.append([message(1)], "replay")
    await recovered(relay, outbox)
    assert relay.retries == LAST_COUNTED_RETRY + later
    refuse(api, 1)
    await outbox.append([message(2)], "replay")
    await recovered(relay, outbox)
    assert relay.retries == 1
    numbers = {1: 2, LAST_COUNTED_RETRY: 1 + later}
    text = telemetry.exposition().decode()
    for number in range(1, LAST_COUNTED_RETRY + 1):
        counted = f'telegram_retry_attempts_total{{attempt_number="{number}"}}'
        assert f"{counted} {float(numbers.get(number, 1))}" in text


async def test_the_api_s_own_wait_is_kept(relay: Relay, outbox: Outbox, api: ScriptedApi) -> None:
    """Retry-After counts from the answer on, however short our own waits are."""
    asked: list[float] = []

    def once(_api: ScriptedApi, _batch: list[Message]) -> web.Response | None:
        asked.append(time.monotonic())
        return status(503, Retry_After="1") if len(asked) == 1 else None

    api.script = once
    await outbox.append([message(1)], "replay")
    await recovered(relay, outbox)
    assert len(asked) == 2
    assert asked[1] - asked[0] >= 1


async def test_a_wait_that_was_asked_for_is_not_late(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """Nor is a relay with nothing to do."""
    await eventually(lambda: relay.late_seconds == 0)
    refuse(api, 1, Retry_After="900")
    await outbox.append([message(1)], "replay")
    await eventually(lambda: relay.retries == 1)
    assert [relay.late_seconds for _ in range(3)] == [0, 0, 0]


async def test_an_api_that_is_away_is_asked_less_and_less(
    make: Make, outbox: Outbox, api: ScriptedApi
) -> None:
    """The waits grow with the number of the retry."""
    api.script = lambda _api, _batch: status(503)
    await outbox.append([message(1)], "replay")
    async with running(relay := make(GROWING)):
        with pytest.raises(TimeoutError):
            await eventually(lambda: relay.retries > MANY, seconds=1.5)
    assert relay.retries > 1


async def test_a_lone_row_that_breaks_the_api_is_asked_as_before(
    make: Make, outbox: Outbox, api: ScriptedApi
) -> None:
    """The API may be well: what comes next must not wait for the growth of these waits."""
    api.script = lambda _api, _batch: status(500)
    await outbox.append([message(1)], "replay")
    async with running(relay := make(GROWING)):
        await eventually(lambda: relay.retries > MANY, seconds=10)
    assert (outbox.pending, outbox.dead_letters) == (1, 0)


async def test_after_a_trouble_requests_grow_again(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """One row to see whether it is taken, then four times as many each time."""
    refuse(api, 2)
    await outbox.append(messages(100), "replay")
    await recovered(relay, outbox)
    assert [len(request) for request in api.requests] == [100, 1, 1, 1, 4, 16, 64, 14]


async def test_a_delivery_in_a_trouble_is_a_delivery(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """The row that ends the trouble counts for when the last one was."""
    begun = time.monotonic()
    refuse(api, 1)
    await outbox.append([message(1)], "replay")
    await recovered(relay, outbox)
    assert relay.last_delivery is not None
    assert begun < relay.last_delivery <= time.monotonic()


async def test_an_outage_has_no_end_that_ends_the_relay(
    relay: Relay, outbox: Outbox, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on asking after a day, which here a leap of the clock makes short."""
    api.script = lambda _api, _batch: status(503)
    await outbox.append([message(1)], "replay")
    await eventually(lambda: relay.retries > 0)
    clock = time.monotonic
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: clock() + 86_400)
        retries = relay.retries
        await eventually(lambda: relay.retries > retries + 2)
        api.script = lambda _api, _batch: None
        await recovered(relay, outbox)


async def test_a_fault_of_the_outbox_is_no_trouble_of_the_api(
    make: Make, outbox: Outbox, api: ScriptedApi
) -> None:
    """It is raised from the midst of an outage instead of being tried again for ever."""

    def answer(_api: ScriptedApi, _batch: list[Message]) -> web.Response:
        with closing(sqlite3.connect(outbox.path)) as other:
            other.execute("ALTER TABLE outbox RENAME TO lost")
        return status(503)

    api.script = answer
    await outbox.append([message(1)], "replay")
    with anyio.fail_after(5), pytest.raises(sqlite3.OperationalError, match="no such table"):
        await make(Backoff(3, 0.01, 0.02)).run()
