"""The relay's ends: rows that were there before it, its rest, the drain and the stop."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import anyio
import pytest

from contracts.telemetry import Telemetry
from gateway_outbox.outbox import outbox_writer
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.outbox.outbox_writer import Command
from gateway_outbox.relay import relay as relaying
from gateway_outbox.relay import settling
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.relay import Relay
from tests.gateway_outbox.conftest import running
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.gateway_outbox.test_outbox import rows
from tests.messages import CHANNEL, message, messages
from tests.waiting import eventually

LONG = 60.0


@pytest.fixture
def idle(outbox: Outbox, delivery: Delivery, telemetry: Telemetry) -> Relay:
    """A relay that nobody runs yet."""
    return Relay(outbox, delivery, Backoff(3, 0.01, 0.02), 4, telemetry)


@pytest.fixture
async def one_hangs(outbox: Outbox, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two requests: one is answered, which is not settled before the other, which hangs."""
    monkeypatch.setattr(relaying, "MAX_BATCH_BYTES", 1)
    monkeypatch.setattr(settling, "DELAY_SECONDS", 3600)
    api.held = {CHANNEL - 1: anyio.Event()}
    await outbox.append(messages(2, channels=2), "replay")


async def test_what_was_committed_before_it_ran_is_delivered(
    idle: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """An append may come first; until its first turn the relay is as late as it is old."""
    await eventually(lambda: 0 < idle.late_seconds < LONG)
    await outbox.append(messages(3), "replay")
    async with running(idle):
        await eventually(lambda: outbox.pending == 0)
    assert len(api.stored) == 3


async def test_a_lost_wake_up_is_found_by_looking_again(
    relay: Relay, outbox: Outbox, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that became pending without a word is seen at the next look."""
    monkeypatch.setattr(relaying, "SAFETY_POLL_SECONDS", 0.01)
    await outbox.append([message(1)], "replay")
    await eventually(lambda: outbox.pending == 0)
    with closing(sqlite3.connect(outbox.path)) as other, other:
        other.execute("UPDATE outbox SET state = 'pending'")
    await eventually(lambda: len(api.requests) == 2, seconds=5)
    assert relay.trouble is None


async def test_at_rest_it_hardly_reads_the_file(
    relay: Relay, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The short wait is for answers that are to be settled; without any it is the long one."""
    monkeypatch.setattr(relaying, "DELAY_SECONDS", 0.0)
    read: list[str] = []
    await outbox._reader.set_trace_callback(read.append)
    relay.wake()
    for _ in range(50):
        await outbox.recount()
    assert 0 < len(read) < 5


async def test_a_drain_ends_when_nothing_is_pending(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """At once without a row, else with the answer to the last one."""
    with anyio.fail_after(10):
        assert await relay.drained(LONG)
        api.held = {CHANNEL: anyio.Event()}
        await outbox.append([message(1)], "replay")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_release, api)
            assert await relay.drained(LONG)
    assert outbox.pending == 0


async def test_a_drain_ends_with_a_trouble(relay: Relay, outbox: Outbox, api: ScriptedApi) -> None:
    """What an API that is away does not take within the stop is there after the next start."""
    api.script = lambda _api, _batch: status(503)
    await outbox.append([message(1)], "replay")
    with anyio.fail_after(10):
        assert not await relay.drained(LONG)
    assert (outbox.pending, relay.trouble is not None) == (1, True)


async def test_a_drain_ends_after_its_seconds(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """An API that does not answer holds the stop up for no longer."""
    api.held = {CHANNEL: anyio.Event()}
    await outbox.append([message(1)], "replay")
    with anyio.fail_after(10):
        assert not await relay.drained(0.05)
    assert (outbox.pending, relay.trouble) == (1, None)


@pytest.mark.usefixtures("one_hangs")
async def test_what_is_answered_at_a_stop_is_settled(idle: Relay, outbox: Outbox) -> None:
    """It waits for a request that hangs; the stop does not leave it to the next start."""
    async with running(idle):
        await eventually(lambda: idle.last_delivery is not None)
        assert outbox.pending == 2
    states = rows(outbox.path, "SELECT state FROM outbox ORDER BY seq")
    assert states == [("delivered",), ("pending",)]


@asynccontextmanager
async def stopping_while_held(
    idle: Relay, outbox: Outbox, busy_ms: int
) -> AsyncIterator[tuple[sqlite3.Connection, anyio.Event]]:
    """A stop after an answer, while another program writes: that one, and the end of the stop."""
    await outbox._writer.submit(Command(lambda db: db.execute(f"PRAGMA busy_timeout = {busy_ms}")))
    ended = anyio.Event()

    async def stop(other: sqlite3.Connection) -> None:
        async with running(idle):
            await eventually(lambda: idle.last_delivery is not None)
            other.execute("BEGIN IMMEDIATE")
        ended.set()

    async with anyio.create_task_group() as tasks:
        with closing(sqlite3.connect(outbox.path, isolation_level=None)) as other:
            tasks.start_soon(stop, other)
            yield other, ended


@pytest.mark.usefixtures("one_hangs")
async def test_a_stop_waits_until_it_is_settled(
    idle: Relay, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another has the file for a moment: what the stop leaves behind is as it was told."""
    monkeypatch.setattr(relaying, "STOP_SECONDS", 30)
    monkeypatch.setattr(outbox_writer, "HELD_RETRY_SECONDS", 0.01)
    async with stopping_while_held(idle, outbox, busy_ms=200) as (other, ended):
        await eventually(lambda: outbox.held != "" or ended.is_set())
        assert not ended.is_set()
        other.execute("ROLLBACK")
        await ended.wait()
        assert outbox.pending == 1


@pytest.mark.usefixtures("one_hangs")
async def test_a_stop_waits_for_a_held_outbox_no_longer_than_its_bound(
    idle: Relay, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be settled is sent again, and answered "unchanged"."""
    monkeypatch.setattr(relaying, "STOP_SECONDS", 0.05)
    async with stopping_while_held(idle, outbox, busy_ms=1) as (_, ended):
        await eventually(ended.is_set, seconds=10)
        assert outbox.held


async def _release(api: ScriptedApi) -> None:
    """The API answers once it was asked."""
    await eventually(lambda: api.requests != [])
    api.held[CHANNEL].set()
