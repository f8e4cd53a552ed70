"""One message's story: from its receipt to its row, in both services' files and logs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ops.cli import main
from tests.pipeline.services import CHANNEL, Services, running_services, write_export
from tests.waiting import until


@pytest.fixture
def services(database: str, tmp_path: Path) -> Iterator[Services]:
    """Both services, which log everything."""
    api = {"LOG_LEVEL": "DEBUG"}
    with running_services(database, tmp_path, api, LOG_LEVEL="debug") as found:
        yield found


def trace(services: Services, folder: Path, message: str, *options: str) -> Result:
    """`tpcapital trace` with both logs."""
    files = [f"--log={folder / name}" for name in ("api.log", "gateway.log")]
    environ = {"OUTBOX_PATH": str(services.gateway.outbox), "TIMESCALEDB_URL": services.dsn}
    arguments = ["trace", message, *files, *options]
    return CliRunner().invoke(main, arguments, env=environ)


def told(services: Services, folder: Path) -> dict[str, Any]:
    """The story of message 5, as JSON."""
    result = trace(services, folder, f"{CHANNEL}/5", "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_story_of_a_signal(services: Services, tmp_path: Path) -> None:
    """One trace from the outbox to the ledger and through the lines of both logs."""
    write_export(tmp_path / "result.json", 5)
    services.gateway.replay(tmp_path / "result.json")
    services.gateway.start()
    services.wait_until_delivered(5)
    # Older transactions of anybody on the server keep a change out of the feed for a while.
    until(lambda: told(services, tmp_path)["signal"]["is_in_feed"])
    found = told(services, tmp_path)
    assert found["verdict"].startswith("in the database, signal ")
    assert (len(found["traces"]), found["notes"]) == (1, [])
    assert found["ledger"]["traceparent"].split("-")[1] == found["traces"][0]
    assert [row["state"] for row in found["outbox"]] == ["delivered"]
    assert found["signal"]["asset"] == "PETR4"
    where = [event["where"] for event in found["story"]]
    assert where[:3] == ["telegram", "gateway", "outbox"]
    assert {"relay", "database"} <= set(where)
    actions = {line["action"] for line in found["log"]}
    assert actions == {"ingest.recorded", "relay.delivered"}
    assert {line["trace_id"] for line in found["log"]} == set(found["traces"])
    shown = trace(services, tmp_path, f"{CHANNEL}/5").stdout
    assert "committed as row 5" in shown


def test_what_is_not_known_is_said(services: Services, tmp_path: Path) -> None:
    """Status 1; a part that cannot be read is a note, and the others are told."""
    services.gateway.start()
    unknown = trace(services, tmp_path, f"{CHANNEL}/77")
    assert (unknown.exit_code, "nothing is known of it" in unknown.stdout) == (1, True)
    services.gateway.kill()
    nothing = CliRunner().invoke(
        main,
        ["trace", "-100/7", "--json"],
        env={"OUTBOX_PATH": str(tmp_path / "none"), "TIMESCALEDB_URL": "host=127.0.0.1 port=1"},
    )
    assert nothing.exit_code == 1
    assert len(json.loads(nothing.stdout)["notes"]) == 2
    assert CliRunner().invoke(main, ["trace", "PETR4"]).exit_code == 2
