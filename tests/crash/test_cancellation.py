"""Writer and relay are cancelled at every single await: nothing is lost, nothing invented."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import anyio
import pytest
from aiohttp import web

from contracts import metrics
from contracts.message import Message
from contracts.secret import Token
from contracts.telemetry import Telemetry
from gateway_outbox.outbox import outbox_file
from gateway_outbox.outbox.outbox import Outbox, open_outbox
from gateway_outbox.relay.api_client import open_api_client
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.relay import Relay
from gateway_outbox.settings import Settings
from tests.crash.stepping import cancelled_at
from tests.gateway_outbox.scripted_api import ScriptedApi, scripted_api, status
from tests.messages import CHANNEL, TOKEN, message
from tests.waiting import eventually

GROUPS = (1, 2, 3)
UNDISTURBED = 8  # runs in a row that end before their cancellation: then none is longer
OUTAGE = 2  # the request that is answered 503, from which the relay then recovers


@dataclass
class Work:
    """Appends in two channels while the relay delivers; `acked` is what `append` returned for."""

    path: Path
    api: ScriptedApi
    telemetry: Telemetry
    acked: list[int] = field(default_factory=list)

    async def with_writer(self) -> None:
        """The whole: it opens the outbox, so that a cancellation ends the writer as well."""
        async with open_outbox(self.path, self.telemetry) as outbox:
            await self.beside(outbox)

    async def beside(self, outbox: Outbox) -> None:
        """Source and relay on an outbox whose writer lives on."""
        settings = Settings(api_secret_token=Token(TOKEN), api_endpoint=self.api.url)
        async with open_api_client(settings, lambda: settings.api_secret_token) as client:
            delivery = Delivery(client, outbox, self.telemetry)
            relay = Relay(outbox, delivery, Backoff(3, 0.001, 0.001), 2, self.telemetry)
            async with anyio.create_task_group() as tasks:
                await tasks.start(relay.run)
                await self._append(outbox)
                await eventually(lambda: outbox.pending == 0)
                tasks.cancel_scope.cancel()

    async def _append(self, outbox: Outbox) -> None:
        number = 0
        for size in GROUPS:
            group = range(number + 1, number + size + 1)
            number += size
            await outbox.append([message(n, channel=CHANNEL - n % 2) for n in group], "replay")
            self.acked += group


def outage(destination: ScriptedApi, _batch: list[Message]) -> web.StreamResponse | None:
    """The script of an API that fails once."""
    return status(503) if len(destination.requests) == OUTAGE else None


def check(work: Work) -> None:
    """The file is sound, holds all that was acknowledged, and calls delivered what was."""
    assert outbox_file.prepare(work.path) == 0
    with closing(outbox_file.connect(work.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        states = dict(connection.execute("SELECT message_id, state FROM outbox"))
        counters = dict(connection.execute("SELECT name, value FROM counter"))
    seen = {key.message_id for key, _ in work.api.stored}
    assert set(work.acked) <= set(states)
    assert {n for n, state in states.items() if state == "delivered"} <= seen
    assert set(states.values()) <= {"pending", "delivered"}
    assert counters == {"appended": len(states), "purged": 0}


async def with_writer(work: Work, limit: int | None) -> int:
    """One run whose cancellation ends everything."""
    return await cancelled_at(work.with_writer, limit)


async def beside_writer(work: Work, limit: int | None) -> int:
    """One run whose cancellation leaves the writer: it must be fit for the next append."""
    async with open_outbox(work.path, work.telemetry) as outbox:
        taken = await cancelled_at(lambda: work.beside(outbox), limit)
        assert await outbox.append([message(999)], "bot") == (1, 0)
        assert not outbox._writer._connection.in_transaction
        with closing(sqlite3.connect(work.path)) as beside:
            (pending,) = beside.execute(
                "SELECT count(*) FROM outbox WHERE state = 'pending'"
            ).fetchone()
        assert outbox.pending == pending
    return taken


Run = Callable[[Work, int | None], Awaitable[int]]


async def cancel_everywhere(folder: Path, run: Run, stride: int) -> None:
    """Cancel one run after the other, each a step later, until they come to their end."""
    instruments = Telemetry(metrics.GATEWAY, "test", "0")
    partly, most, whole = 0, 0, 0
    for limit in count(1, stride):
        async with scripted_api() as destination:
            destination.script = outage
            work = Work(folder / f"{limit}.sqlite3", destination, instruments)
            taken = await run(work, limit)
        check(work)
        partly += 0 < len(work.acked) < sum(GROUPS)
        most, whole = max(most, taken), whole + 1 if taken < limit else 0
        if whole == UNDISTURBED:
            break
    instruments.close()
    print(f"cancelled at every {stride}. of {most} awaits, {partly} times between two appends")
    assert len(work.acked) == sum(GROUPS)
    assert partly > 0


@pytest.mark.parametrize("run", [with_writer, beside_writer])
async def test_a_cancellation_at_some_awaits_loses_nothing(tmp_path: Path, run: Run) -> None:
    """Cancelled at each fifth suspension of any of its tasks, the gateway's core leaves no harm."""
    await cancel_everywhere(tmp_path, run, 5)


@pytest.mark.long
@pytest.mark.parametrize("run", [with_writer, beside_writer])
async def test_a_cancellation_at_any_await_loses_nothing(tmp_path: Path, run: Run) -> None:
    """The same at each suspension up to the end of the work."""
    await cancel_everywhere(tmp_path, run, 1)
