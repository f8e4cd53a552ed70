"""A message that is none, through outbox file, relay and API: in no count, and no one's trouble."""

import json

import anyio

from contracts.telemetry import Telemetry
from gateway_outbox.control.health import Health
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.api_client import ApiClient
from gateway_outbox.relay.canary import Canary
from gateway_outbox.relay.relay import Relay
from tests.gateway_outbox.conftest import Site
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.messages import messages
from tests.waiting import eventually


async def test_it_comes_back(
    canary: Canary, relay: Relay, outbox: Outbox, api: ScriptedApi, telemetry: Telemetry
) -> None:
    """Each has the next number and a trace; one row serves all, and no message is counted."""
    flights = [await canary.fly(10) for _ in range(3)]
    assert [(each.number, each.failure) for each in flights if each] == [(1, ""), (2, ""), (3, "")]
    assert [each.number for each in api.canaries] == [1, 2, 3]
    assert len({each.traceparent for each in api.canaries}) == 3
    ((number, _, sent_ms, came_back_ms),) = await outbox.read("canary")
    assert (number, came_back_ms >= sent_ms) == (3, True)
    assert (outbox.pending, await outbox.read("counted", ("appended",))) == (0, [(0,)])
    text = telemetry.exposition().decode()
    assert "pipeline_canary_duration_seconds_count 3.0" in text
    assert 'telegram_messages_received_total{source="replay"} 0.0' in text
    assert "relay_request_seconds_count" not in text
    assert relay.state.value == 0


async def test_one_that_is_lost_holds_nothing_up(
    canary: Canary, relay: Relay, outbox: Outbox, api: ScriptedApi, telemetry: Telemetry
) -> None:
    """The relay delivers on; the reason is counted and told."""
    api.canary_status = 503
    flight = await canary.fly(10)
    assert flight
    assert flight.failure.endswith("/ingest/canary answers 503")
    await outbox.append(messages(3), "replay")
    await eventually(lambda: outbox.pending == 0)
    assert relay.trouble is None
    counted = 'pipeline_canary_failures_total{reason="server_error"} 1.0'
    assert counted in telemetry.exposition().decode()


async def test_an_older_api_is_named(canary: Canary, relay: Relay, api: ScriptedApi) -> None:
    """It has no such path."""
    api.canary_status = 404
    flight = await canary.fly(10)
    assert flight
    assert "an older API, or a wrong URL" in flight.failure
    assert relay.trouble is None


async def test_it_waits_while_the_relay_does(
    canary: Canary, relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """A pipe that delivers no message delivers no canary; then the newest goes."""
    api.script = lambda _api, _messages: status(503)
    await outbox.append(messages(1), "replay")
    await eventually(lambda: relay.trouble is not None)
    await canary.send()
    await canary.send()
    assert api.canaries == []
    api.script = lambda _api, _messages: None
    await eventually(lambda: [each.number for each in api.canaries] == [2])


async def test_the_last_success_outlives_the_process(
    outbox: Outbox, client: ApiClient, canary: Canary, relay: Relay, telemetry: Telemetry
) -> None:
    """The next process shows it at once, and is not late before three are missing."""
    assert await canary.fly(10)
    later = Canary(outbox, client, 3600, telemetry)
    assert (later.last_success, later.is_late) == (0, False)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(later.run)
        await eventually(lambda: later.last_success == canary.last_success)
        tasks.cancel_scope.cancel()
    assert relay.trouble is None


async def test_missing_ones_are_a_warning(
    outbox: Outbox, client: ApiClient, relay: Relay, telemetry: Telemetry
) -> None:
    """Late is more than three of them; a canary that is off is not mentioned."""
    hurried = Canary(outbox, client, 0.001, telemetry)
    await eventually(lambda: hurried.is_late)
    found = await Health(outbox, relay, [], hurried).document()
    assert found["checks"]["canary"]["status"] == "warn"
    assert "no canary came back" in found["error"]
    off = Canary(outbox, client, 0, telemetry)
    assert "canary" not in (await Health(outbox, relay, [], off).document())["checks"]


async def test_one_is_flown_on_request(site: Site, api: ScriptedApi) -> None:
    """`POST /canary` is what a doctor asks."""
    code, answer = await site.post("/canary", {})
    assert (code, answer["came_back"], answer["number"], answer["failure"]) == (200, True, 1, "")
    api.canary_status = 401
    assert (await site.post("/canary", {}))[1]["came_back"] is False
    assert (await site.post("/canary", {}, token="wrong"))[0] == 401


async def test_none_is_flown_while_the_relay_waits(
    site: Site, outbox: Outbox, api: ScriptedApi
) -> None:
    """The relay's own trouble is the answer, at once."""
    api.script = lambda _api, _messages: status(401)
    await outbox.append(messages(1), "replay")
    await eventually(lambda: api.requests != [])
    await eventually(lambda: "held" in str(site.health._check_relay().observed["state"]))
    code, answer = await site.post("/canary", {})
    assert (code, answer["came_back"], "401" in answer["failure"]) == (200, False, True)
    assert api.canaries == []


async def test_freshness_is_the_age_of_what_waits(
    site: Site, outbox: Outbox, relay: Relay, api: ScriptedApi
) -> None:
    """0 when nothing waits, else the age of the oldest."""
    assert "pipeline_freshness_seconds 0.0" in (await site.get("/metrics"))[1]
    api.script = lambda _api, _messages: status(503)
    await outbox.append(messages(1), "replay")
    await eventually(lambda: relay.trouble is not None)
    await anyio.sleep(0.01)  # it is measured in whole milliseconds
    shown = (await site.get("/metrics"))[1].split("\npipeline_freshness_seconds ")[1]
    assert float(shown.split("\n")[0]) > 0
    assert json.loads((await site.get("/health"))[1])["status"] == "degraded"
