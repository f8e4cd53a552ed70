"""`tpcapital start`, `status`, `logs`, `doctor` and `stop` of installed services."""

import json
import re
from typing import Any

from tests.gateway_outbox.scripted_api import scripted_api
from tests.systemd.machine import CONFIG, GATEWAY, PROGRAM, STATE, Machine
from tests.telegram.bot_api_server import BotApiServer
from tests.telegram.bot_updates import CHANNEL, post
from tests.waiting import eventually


async def look(machine: Machine, *arguments: str) -> tuple[int, Any]:
    """The exit status, and what `--json` prints."""
    status, said = await machine.run(PROGRAM, *arguments, "--json", check=False)
    return status, json.loads(said)


async def test_the_installed_gateway_is_started_seen_and_stopped(
    machine: Machine, bot: BotApiServer
) -> None:
    """Found by its unit; the row has systemd's numbers and the gateway's own word."""
    assert bot.base
    assert "gateway (systemd): started" in await machine.tpcapital("start", "gateway")
    assert "gateway (systemd): runs already" in await machine.tpcapital("start", "gateway")
    status, document = await look(machine, "status")
    row = next(each for each in document["components"] if each["name"] == "gateway")
    assert (status, row["supervisor"], row["restarts"]) == (2, "systemd", 0)  # there is no API
    assert row["pid"] == await machine.pid()
    assert row["memory_limit_bytes"] == 150 * 2**20
    assert "0 pending" in row["key"]
    assert "gateway ready on http://127.0.0.1:4006" in await machine.tpcapital("logs", "gateway")
    assert "gateway (systemd): stopped" in await machine.tpcapital("stop", "gateway")
    assert "gateway (systemd): does not run" in await machine.tpcapital("stop", "gateway")


async def test_the_doctor_finds_the_unit_as_it_was_delivered(machine: Machine) -> None:
    """Enabled, shut in, closed modes, one token; a wider unit and an open outbox are faults."""
    await machine.start()
    chosen = [part for name in ("units", "modes", "lock", "token") for part in ("--run", name)]
    found = {each["name"]: each for each in (await look(machine, "doctor", *chosen))[1]}
    assert {name: each["status"] for name, each in found.items()} == {
        "units": "pass",
        "modes": "pass",
        "lock": "pass",
        "token": "pass",
    }, found
    await machine.drop_in("ProtectSystem=no\nNoNewPrivileges=no\nSystemCallFilter=\nUser=root")
    (STATE / "outbox.sqlite3").chmod(0o644)
    status, findings = await look(machine, "doctor", *chosen)
    failed = {each["name"]: each["faults"][0]["cause"] for each in findings if each["faults"]}
    assert (status, set(failed)) == (1, {"units", "modes"})
    assert f"{GATEWAY} is more exposed than it ships" in failed["units"]


async def test_the_doctor_tells_when_the_first_backup_comes(machine: Machine) -> None:
    """Nothing is wrong before it; a backup that fails is, and one that succeeds ends it."""
    await machine.start()
    (before,) = (await look(machine, "doctor", "--run", "backups"))[1]
    (said,) = before["warnings"]
    assert (before["status"], before["faults"]) == ("warn", [])
    assert re.search(r"no backup yet; the first is made on \w+ [\d-]+ [\d:]+ UTC", said["cause"])
    assert said["command"] == "at once: sudo systemctl start tp-capital-backup"
    maintenance = CONFIG / "maintenance.env"
    maintenance.write_text("BACKUP_OPTIONS=--nonsense\n", encoding="ascii")
    await machine.systemctl("start", "tp-capital-backup", check=False)
    status, (failed,) = await look(machine, "doctor", "--run", "backups")
    assert (status, "the last run failed (exit-code)" in failed["faults"][0]["cause"]) == (1, True)
    maintenance.write_text("BACKUP_OPTIONS=--no-database\n", encoding="ascii")
    await machine.systemctl("start", "tp-capital-backup")
    status, (found,) = await look(machine, "doctor", "--run", "backups")
    assert (status, found["status"]) == (0, "pass")


async def test_a_trace_has_the_lines_of_the_journal(machine: Machine, bot: BotApiServer) -> None:
    """Read by root beside the gateway; where the journal is closed a note says so."""
    async with scripted_api() as api:
        machine.set(API_ENDPOINT=api.url, LOG_LEVEL="debug")
        await machine.start()
        bot.publish("channel_post", post(7))
        await eventually(lambda: len(api.stored) == 1)
        await machine.logged('"relay.delivered"')
        outbox = f"--outbox={STATE / 'outbox.sqlite3'}"
        _, document = await look(machine, "trace", f"{CHANNEL}/7", outbox)
    lines = [line for line in document["log"] if line["log"] == "journal"]
    assert [line["action"] for line in lines] == ["relay.delivered"]
    assert {line["trace_id"] for line in lines} == set(document["traces"])
    assert not [note for note in document["notes"] if "journal" in note]
    _, closed = await look(machine, "as-service", "trace", f"{CHANNEL}/7")
    assert [note for note in closed["notes"] if "journal" in note], closed
