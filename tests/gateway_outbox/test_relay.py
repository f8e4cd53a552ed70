"""The relay against a destination on a real socket."""

from aiohttp import web

from contracts.message import Message
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.relay import Relay, State
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.messages import CHANNEL, message, messages
from tests.waiting import eventually


async def test_a_live_message_goes_alone_and_at_once(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """With no backlog a row is one `POST /ingest`, carrying its outbox number."""
    await outbox.append([message(1, "Ativo: PETR4")], "bot")
    await eventually(lambda: outbox.pending == 0)
    assert [len(request) for request in api.requests] == [1]
    assert api.requests[0][0].sequence == 1
    assert relay.state is State.DELIVERING


async def test_a_backlog_goes_in_batches(relay: Relay, outbox: Outbox, api: ScriptedApi) -> None:
    """A thousand rows take a few requests, in order per channel."""
    await outbox.append(messages(1000, channels=3), "replay")
    await eventually(lambda: outbox.pending == 0)
    assert len(api.requests) < 10
    for channel in range(3):
        numbers = [key.message_id for key, _ in api.stored if key.channel_id == CHANNEL - channel]
        assert numbers == sorted(numbers)
    assert len(api.stored) == 1000
    assert relay.trouble is None


async def test_an_outage_keeps_every_row_pending(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """While the API answers 503 nothing leaves the queue; when it is back all is delivered."""
    api.script = lambda _api, _messages: status(503)
    await outbox.append(messages(50, channels=2), "replay")
    await eventually(lambda: relay.retries > 5)
    assert (outbox.pending, outbox.dead_letters) == (50, 0)
    assert relay.state is State.RETRYING
    api.script = lambda _api, _messages: None
    await eventually(lambda: outbox.pending == 0)
    assert len(api.stored) == 50
    await eventually(lambda: relay.trouble is None)


async def test_a_wrong_token_holds_the_relay(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """401 is a fault of the configuration: all stay pending, the trouble says what to mend."""
    api.script = lambda _api, _messages: status(401)
    await outbox.append(messages(3), "replay")
    await eventually(lambda: relay.state is State.HELD)
    assert (outbox.pending, outbox.dead_letters) == (3, 0)
    assert "API_SECRET_TOKEN differs" in str(relay.trouble)


async def test_a_refused_row_alone_becomes_a_dead_letter(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """A batch refused with 400 is halved until the bad row stands alone."""
    api.script = lambda _api, batch: status(400) if _holds(batch, 77) else None
    await outbox.append(messages(128), "replay")
    await eventually(lambda: outbox.pending == 0)
    assert outbox.dead_letters == 1
    assert len(api.stored) == 127
    assert len(api.requests) <= 2 * 7 + 2
    assert relay.trouble is None


async def test_a_batch_too_large_is_halved(relay: Relay, outbox: Outbox, api: ScriptedApi) -> None:
    """413 splits: everything arrives in smaller requests."""
    api.script = lambda _api, batch: status(413) if len(batch) > 20 else None
    await outbox.append(messages(100), "replay")
    await eventually(lambda: outbox.pending == 0)
    assert (len(api.stored), outbox.dead_letters) == (100, 0)
    assert relay.trouble is None


async def test_a_row_that_breaks_the_api_is_told_from_a_broken_api(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """A row answered 500 each time is buried, the others of its channel and of all are not."""
    api.script = lambda _api, batch: status(500) if _holds(batch, 5) else None
    await outbox.append([message(n) for n in range(1, 21)], "replay")
    await outbox.append([message(n, channel=CHANNEL - 1) for n in range(101, 121)], "replay")
    await eventually(lambda: outbox.pending == 0)
    assert (len(api.stored), outbox.dead_letters) == (39, 1)
    await eventually(lambda: relay.trouble is None)


async def test_two_rows_that_break_the_api_are_both_found(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """Neighbouring bad rows do not shield each other."""
    api.script = lambda _api, batch: status(500) if _holds(batch, 5, 6) else None
    await outbox.append([message(n) for n in range(1, 21)], "replay")
    await eventually(lambda: outbox.pending == 0)
    assert (len(api.stored), outbox.dead_letters) == (18, 2)
    await eventually(lambda: relay.trouble is None)


async def test_an_api_that_breaks_on_everything_loses_no_row(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """500 on every request is an outage: no row becomes a dead letter."""
    api.script = lambda _api, _messages: status(500)
    await outbox.append(messages(10, channels=2), "replay")
    await eventually(lambda: relay.retries > 20)
    api.script = lambda _api, _messages: None
    await eventually(lambda: outbox.pending == 0)
    assert (len(api.stored), outbox.dead_letters) == (10, 0)


async def test_a_lone_bad_row_stays_pending_until_another_is_delivered(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """Without a witness nothing speaks against the row; with one it is buried."""
    api.script = lambda _api, batch: status(500) if _holds(batch, 1) else None
    await outbox.append([message(1)], "replay")
    await eventually(lambda: relay.retries > 8)
    assert (outbox.pending, outbox.dead_letters) == (1, 0)
    await outbox.append([message(n) for n in range(2, 12)], "replay")
    await eventually(lambda: outbox.pending == 0)
    assert (len(api.stored), outbox.dead_letters) == (10, 1)


async def test_an_answer_that_is_not_our_api_s_is_retried(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """200 with another body (a proxy's page) delivers nothing."""
    api.script = lambda _api, _messages: web.Response(text="<html>welcome</html>")
    await outbox.append(messages(1), "replay")
    await eventually(lambda: relay.retries > 2)
    assert outbox.pending == 1
    assert "something other than the ingest API" in str(relay.trouble)


async def test_a_lost_answer_costs_a_duplicate_request_and_nothing_else(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """The API stores, the connection drops: the row is sent again and stays one."""
    failures = iter([True, True, False])

    def store_then_drop(destination: ScriptedApi, batch: list[Message]) -> web.Response | None:
        if not next(failures, False):
            return None
        for index, item in enumerate(batch):
            destination._store(index, item)
        return status(502)

    api.script = store_then_drop
    await outbox.append(messages(1), "bot")
    await eventually(lambda: outbox.pending == 0)
    assert (len(api.stored), len(api.requests)) == (1, 3)
    await eventually(lambda: relay.trouble is None)


def _holds(batch: list[Message], *numbers: int) -> bool:
    return any(m.message_id in numbers and m.channel_id == CHANNEL for m in batch)
