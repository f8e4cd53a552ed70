"""How the gateway says it is."""

import json
import os
import sqlite3
from contextlib import closing
from typing import Any

import anyio

from contracts.telemetry import Telemetry
from gateway_outbox.control.health import Health
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.relay import Relay
from tests.gateway_outbox.conftest import Site
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.messages import messages
from tests.waiting import eventually


async def document(site: Site, expected: int = 200) -> dict[str, Any]:
    """The body of `/health`."""
    code, text = await site.get("/health")
    assert code == expected
    found: dict[str, Any] = json.loads(text)
    return found


async def test_all_well(site: Site) -> None:
    """The document has what a monitor asks for, and no error."""
    site.source.turn("connected")
    site.source.note_received(7)
    found = await document(site)
    assert (found["status"], found["service"]) == ("ok", "tp-capital-gateway")
    assert (found["pid"], found["telegram_connected"]) == (os.getpid(), True)
    assert (found["reconnecting"], found["error"]) == (False, None)
    assert {check["status"] for check in found["checks"].values()} == {"pass"}
    assert found["checks"]["source"]["message"] == "replay connected"
    assert found["checks"]["source"]["observed"]["replay"]["received"] == 7
    assert found["checks"]["outbox"]["observed"]["pending"] == 0
    assert found["uptime_seconds"] >= 0


async def test_a_source_that_connects_is_no_fault(site: Site) -> None:
    """It is shown as reconnecting."""
    site.source.turn("connecting")
    found = await document(site)
    assert (found["reconnecting"], found["telegram_connected"]) == (True, False)


async def test_trouble_of_the_relay_is_a_warning(
    site: Site, outbox: Outbox, api: ScriptedApi
) -> None:
    """Still 200: what is received is stored. The sentence has number, address and hint."""
    api.script = lambda _api, _messages: status(401)
    await outbox.append(messages(2), "replay")
    await eventually(lambda: "held" in str(site.health._check_relay().observed["state"]))
    found = await document(site)
    relay = found["checks"]["relay"]
    assert (found["status"], relay["status"]) == ("degraded", "warn")
    assert relay["message"] == (
        f"2 rows delayed: POST {api.url.replace('/ingest', '/ingest/batch')} answered 401:"
        " API_SECRET_TOKEN differs from the API's GATEWAY_SECRET_TOKEN; make them equal"
    ) or relay["message"].startswith(f"2 rows delayed: POST {api.url} answered 401:")
    assert found["error"] == relay["message"]
    assert "telegram_failure_queue_size 2.0" in (await site.get("/metrics"))[1]


async def test_dead_letters_are_a_warning_with_the_command(
    site: Site, outbox: Outbox, api: ScriptedApi
) -> None:
    """The operator reads what to type."""
    api.script = lambda _api, _messages: status(422)
    await outbox.append(messages(1), "replay")
    await eventually(lambda: outbox.dead_letters == 1)
    check = (await document(site))["checks"]["outbox"]
    assert (check["status"], check["message"]) == (
        "warn",
        "1 dead letters: tpcapital outbox ls --state dead_letter",
    )


async def test_a_failed_source_is_named(site: Site) -> None:
    """With its own detail."""
    site.source.turn("failed", "result.json: cut short")
    check = (await document(site))["checks"]["source"]
    assert (check["status"], check["message"]) == (
        "warn",
        "replay failed: result.json: cut short",
    )


async def test_no_source_is_a_warning(outbox: Outbox, relay: Relay) -> None:
    """It says what to set, and that delivering goes on."""
    check = (await Health(outbox, relay, []).document())["checks"]["source"]
    assert check["message"] == (
        "no source: set TELEGRAM_API_ID and TELEGRAM_API_HASH, or"
        " TELEGRAM_INGESTION_BOT_TOKEN; pending rows are delivered all the same"
    )


async def test_an_outbox_that_cannot_be_written_fails_the_check(site: Site, outbox: Outbox) -> None:
    """503 on /health and /readyz while another program holds the file; well again after."""
    await outbox._writer._connection.execute("PRAGMA busy_timeout = 1")
    async with anyio.create_task_group() as tasks:
        with closing(sqlite3.connect(outbox.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            tasks.start_soon(outbox.append, messages(1), "replay")
            await eventually(lambda: bool(outbox.held))
            found = await document(site, 503)
            assert await site.get("/readyz") == (503, "held\n")
            assert (await site.get("/livez"))[0] == 200
    assert found["status"] == "error"
    assert found["checks"]["outbox"]["message"] == (
        "cannot store: another program writes to it, end that program"
    )
    await eventually(lambda: not outbox.held)
    assert (await site.get("/readyz"))[0] == 200


async def test_the_last_delivery_s_age_is_observed(site: Site, outbox: Outbox) -> None:
    """Once something was delivered."""
    assert "last_delivery_seconds_ago" not in (await document(site))["checks"]["relay"]["observed"]
    await outbox.append(messages(1), "replay")
    await eventually(lambda: outbox.pending == 0 and site.health._relay.last_delivery is not None)
    observed = (await document(site))["checks"]["relay"]["observed"]
    assert 0 <= observed["last_delivery_seconds_ago"] < 20


def test_the_oldest_age_is_a_gauge(telemetry: Telemetry) -> None:
    """A metric of the table without its reader is not shown as a number."""
    assert b"outbox_oldest_pending_age_seconds " not in telemetry.exposition()


async def test_an_alarm_of_a_source_that_goes_on(site: Site) -> None:
    """It is a warning with its own words, though all is connected."""
    site.source.turn("connected")
    site.source.alarms["channels"] = "1 channels cannot be read: @mesa"
    found = await document(site)
    assert (found["status"], found["telegram_connected"]) == ("degraded", True)
    assert found["checks"]["source"]["message"] == (
        "replay connected; 1 channels cannot be read: @mesa"
    )
