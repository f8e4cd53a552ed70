"""The installed services, as an operator meets them."""

import json
import stat
from pathlib import Path

from contracts.secret import Token
from tests.systemd.machine import API, CONFIG, CREDENTIALS, GATEWAY, STATE, Machine
from tests.waiting import eventually

RUN = Path("/run")


def _copies_of_secrets() -> list[Path]:
    """What `as-service` may leave behind."""
    return list(RUN.glob("tp-capital-*"))


def _uid(pid: int) -> int:
    """Whose process it is."""
    return Path(f"/proc/{pid}").stat().st_uid


def _shown(pid: int) -> bytes:
    """What others may see of a process: its arguments, and to its own user its environment."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("environ", "cmdline"))


async def test_it_starts_and_says_how_it_is(machine: Machine) -> None:
    """Installed once, ready when `systemctl start` returns; nothing is left to do."""
    await machine.start()
    assert await machine.show("ActiveState") == "active"
    assert await machine.show("StatusText") == "no source; 0 pending; no message yet"
    assert await machine.show("UnitFileState") == "enabled"
    plan = json.loads(await machine.tpcapital("install", "--api", "--json"))
    assert {step["state"] for step in plan["steps"]} == {"done"}


async def test_modes_owners_and_secrets(machine: Machine) -> None:
    """The service alone reads its data, root alone the secrets; nothing of them is in the open."""
    await machine.start()
    pid = await machine.pid()
    assert (STATE.stat().st_uid, stat.S_IMODE(STATE.stat().st_mode)) == (_uid(pid), 0o700)
    assert {stat.S_IMODE(each.stat().st_mode) for each in STATE.iterdir()} == {0o600}
    assert stat.S_IMODE(CREDENTIALS.stat().st_mode) == 0o700
    token = (CREDENTIALS / "api_secret_token").read_text(encoding="ascii").strip()
    assert Token(token).reveal() == token
    assert token.encode() not in _shown(pid)
    assert token not in await machine.journal()


async def test_the_unit_is_sound_and_exposes_little(machine: Machine) -> None:
    """1.2 or better by systemd's own measure, for the units as they are loaded."""
    for unit in (GATEWAY, API):
        status, said = await machine.run("systemd-analyze", "security", "--threshold=12", unit)
        assert status == 0
        print(said.splitlines()[-1])
    assert await machine.run("systemd-analyze", "verify", GATEWAY, API) == (0, "")


async def test_an_operators_commands_run_as_the_service(machine: Machine) -> None:
    """`as-service` has the settings, the user and the secrets; with and without a gateway."""
    said = json.loads(
        await machine.tpcapital("as-service", "channels", "add", "@signals", "--json")
    )
    assert said["added"] == "@signals"
    await machine.start()
    outbox = json.loads(await machine.tpcapital("as-service", "outbox", "status", "--json"))
    assert str(await machine.pid()) in json.dumps(outbox)
    assert {each.stat().st_uid for each in STATE.iterdir()} == {STATE.stat().st_uid}
    assert _copies_of_secrets() == []


async def test_the_metrics_of_the_process_are_there(machine: Machine) -> None:
    """A /proc that shows processes only would silence them."""
    await machine.start()
    _, page = await machine.run("curl", "-s", "http://127.0.0.1:4006/metrics")
    assert "process_resident_memory_bytes" in page


async def test_the_api_runs_without_a_container(machine: Machine) -> None:
    """It answers while its database is away, under its own walls."""
    await machine.start(API)

    async def answers() -> bool:
        status, _ = await machine.run("curl", "-sf", "http://127.0.0.1:4005/livez", check=False)
        return status == 0

    await eventually(answers)
    assert await machine.show("MemoryMax", API) == str(200 * 1024 * 1024)


async def test_edited_settings_and_data_outlive_all_but_purge(machine: Machine) -> None:
    """A second install keeps them, as uninstall does."""
    machine.set(LOG_LEVEL="debug")
    token = (CREDENTIALS / "api_secret_token").read_bytes()
    await machine.start()
    await machine.tpcapital("install", "--yes")
    await machine.tpcapital("uninstall", "--yes")
    assert await machine.show("ActiveState") == "inactive"
    assert await machine.show("LoadState") == "not-found"
    assert "LOG_LEVEL=debug" in (CONFIG / "gateway.env").read_text(encoding="utf-8")
    assert (CREDENTIALS / "api_secret_token").read_bytes() == token
    assert (STATE / "outbox.sqlite3").exists()
    await machine.tpcapital("uninstall", "--purge", "--yes")
    assert not CONFIG.exists()
    assert not STATE.exists()
