"""`tpcapital doctor` on real services, files and a database, sound and broken."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway_outbox.control import backup_marks
from gateway_outbox.outbox import outbox_lock
from ops.doctor.doctor import CHECKS
from ops.exposition import Labels, names, values
from tests.messages import TOKEN
from tests.ops.operated import Operator, operator
from tests.ops.test_lifecycle import end
from tests.postgres import TestDatabases
from tests.waiting import until

OTHER_TOKEN = "fedcba9876543210" + TOKEN[:16]


@pytest.fixture
def desk(tmp_path: Path, database: str) -> Iterator[Operator]:
    """An operator whose services are not started."""
    with operator(tmp_path, database) as found:
        yield found


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, postgres: TestDatabases
) -> Iterator[Operator]:
    """A pipe that is well: its one source, a replay, has told all it had."""
    folder = tmp_path_factory.mktemp("running")
    export = folder / "export.json"
    export.write_text('{"id":1,"name":"x","type":"public_channel","messages":[]}')
    with postgres.migrated() as dsn, operator(folder, dsn) as found:
        found.environ["REPLAY_FILE"] = str(export)
        assert found.types("start").exit_code == 0
        backup_marks.note(found.outbox, "backup", ["outbox"], time.time())
        yield found


def faults(desk: Operator, *chosen: str) -> dict[str, list[str]]:
    """The causes of each failed check."""
    options = [part for name in chosen for part in ("--run", name)]
    findings: list[dict[str, Any]] = desk.sees("doctor", *options)
    failed = [each for each in findings if each["status"] == "fail"]
    return {each["name"]: [fault["cause"] for fault in each["faults"]] for each in failed}


def test_a_healthy_pipe_is_one_line(running: Operator) -> None:
    """Status 0; the canary came back, the token was accepted, every name is in the contract."""
    found = running.types("doctor")
    assert (found.exit_code, found.stdout.count("\n")) == (0, 1), found.stdout
    passed = [each["name"] for each in running.sees("doctor") if each["status"] == "pass"]
    assert {"canary", "token-accepted", "metrics", "schema", "outbox", "lock", "telegram"} <= {
        *passed
    }


def test_another_token_fails_on_both_sides(
    running: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By comparison, and because the API refuses it; neither token is shown."""
    monkeypatch.setitem(running.environ, "API_SECRET_TOKEN", OTHER_TOKEN)
    found = running.types("doctor", "--run", "token", "--run", "token-accepted")
    assert found.exit_code == 1
    assert "another token than the API's" in found.stdout
    assert "refuses the gateway's token" in found.stdout
    assert TOKEN not in found.output
    assert OTHER_TOKEN not in found.output


def test_an_old_backup_is_told_with_its_age(running: Operator) -> None:
    """As the gateway's own metric has it; a day and two hours are allowed."""
    backup_marks.note(running.outbox, "backup", ["outbox"], time.time() - 30 * 3600)
    assert faults(running, "backups") == {"backups": ["outbox: the last backup is 1 d 6 h old"]}
    backup_marks.note(running.outbox, "backup", ["outbox"], time.time() - 25 * 3600)
    assert faults(running, "backups") == {}


def test_open_modes_fail_and_are_mended(running: Operator) -> None:
    """A heading fails with its line; `--fix` closes the file, and the next look is quiet."""
    running.outbox.chmod(0o644)
    found = running.types("doctor", "--run", "modes")
    assert found.exit_code == 1
    assert found.stdout.splitlines()[0].startswith("failed modes: ")
    assert f"-> chmod 600 {running.outbox}" in found.stdout
    mended = running.types("doctor", "--run", "modes", "--fix")
    assert (mended.exit_code, "mended modes" in mended.stdout) == (0, True)
    assert running.outbox.stat().st_mode & 0o777 == 0o600
    assert running.types("doctor", "--run", "modes").exit_code == 0


def test_what_has_nothing_to_look_at_is_no_failure(running: Operator) -> None:
    """Skipped with the reason, when asked for by name."""
    found = running.types("doctor", "--run", "session", "--run", "prometheus")
    assert found.exit_code == 0
    assert "skipped session: the user session is off (TELEGRAM_API_ID)" in found.stdout
    assert "skipped prometheus: no Prometheus is known here" in found.stdout


def test_a_prometheus_that_is_away_is_a_fault(
    running: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was named, so it is meant to be there."""
    monkeypatch.setitem(running.environ, "PROMETHEUS_URL", "http://127.0.0.1:1")
    assert "Connection refused" in faults(running, "prometheus")["prometheus"][0]


def test_the_list_names_every_check_in_its_order(desk: Operator) -> None:
    """And an unknown name is wrong use."""
    assert [each["name"] for each in desk.sees("doctor", "--list")] == [c.name for c in CHECKS]
    assert desk.types("doctor", "--run", "luck").exit_code == 2


def test_nothing_started_is_told_with_the_command(desk: Operator) -> None:
    """The missing folder is made by `--fix`; the services are for a person to start."""
    found = faults(desk, "folders", "running")
    assert found["running"] == ["api is stopped", "gateway is stopped"]
    assert "is not there" in found["folders"][0]
    assert desk.types("doctor", "--run", "folders", "--fix").exit_code == 0
    assert desk.outbox.parent.stat().st_mode & 0o777 == 0o700


def test_bad_settings_are_all_named(desk: Operator) -> None:
    """Each problem is a fault; checks that need them step aside."""
    desk.environ |= {"API_SECRET_TOKEN": "short", "PORT": "many", "TELEGRAM_API_ID": "7"}
    found = faults(desk)
    assert len(found["settings"]) == 2  # the pair is looked at once each is well formed
    assert "token" not in found


def test_a_damaged_outbox_and_a_foreign_holder_are_found(desk: Operator) -> None:
    """The file's structure, and who has it while no gateway runs."""
    desk.types("start", "api", "gateway")
    desk.types("stop")
    with outbox_lock.hold(desk.outbox):
        assert f"pid {os.getpid()} (" in faults(desk, "lock")["lock"][0]
    content = bytearray(desk.outbox.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    desk.outbox.write_bytes(content)
    assert "outbox" in faults(desk, "outbox")


def test_an_api_that_died_fails_every_check_that_needs_it(desk: Operator) -> None:
    """`running` has the cause; the canary says where it ended."""
    desk.types("start")
    end(desk.components()["api"]["pid"], signal.SIGKILL)
    found = faults(desk, "running", "canary", "token-accepted")
    assert found["running"][0].startswith("api is failed: it ended by itself")
    assert "no canary came back: connect" in found["canary"][0]
    assert "does not answer" in found["token-accepted"][0]


def test_a_schema_that_is_behind_is_told(tmp_path: Path, empty_database: str) -> None:
    """Nothing is migrated by looking."""
    with operator(tmp_path, empty_database) as desk:
        assert "migrations are not applied" in faults(desk, "schema")["schema"][0]
        assert "schema" in faults(desk, "schema")
        desk.environ["TIMESCALEDB_URL"] = "postgresql://nobody@127.0.0.1:1/none"
        assert "database" in faults(desk, "database", "schema")


def test_the_old_program_is_found_by_its_folder(desk: Operator, tmp_path: Path) -> None:
    """Its name may be anything that runs JavaScript."""
    home = tmp_path / "tp-capital"
    home.mkdir()
    node = home / "node"
    shutil.copy("/bin/sleep", node)
    assert "old-system" not in faults(desk, "old-system")
    with subprocess.Popen([str(node), "60"], cwd=home) as old:
        until(lambda: Path(f"/proc/{old.pid}/cmdline").read_bytes() != b"")
        found = faults(desk, "old-system")
        old.kill()
    assert f"pid {old.pid} in {home}" in found["old-system"][0]


def test_prometheus_text_is_read() -> None:
    """Names, and samples with and without labels."""
    text = '# TYPE a_total counter\na_total{x="1",y="b\\"c"} 2.0\na_total 3\n# TYPE b gauge\nb 4\n'
    assert names(text) == {"a_total", "b"}
    assert values(text, "a_total") == {Labels(x="1", y='b\\"c'): 2.0, Labels(): 3.0}
    assert json.dumps(dict(next(iter(values(text, "b"))))) == "{}"
