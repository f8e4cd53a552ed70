"""`tpcapital start`, `status`, `logs`, `doctor` and `stop` of installed services."""

import json
from typing import Any

from tests.systemd.machine import GATEWAY, PROGRAM, STATE, Machine
from tests.telegram.bot_api_server import BotApiServer


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
