"""`tpcapital start`, `stop`, `restart`, `status` and `logs` with real plain processes."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.process_facts import start_ticks
from tests.gateway_process import GatewayProcess
from tests.ops.operated import Operator, operator
from tests.waiting import until


@pytest.fixture
def desk(tmp_path: Path, database: str) -> Iterator[Operator]:
    """An operator whose services are not started."""
    with operator(tmp_path, database) as found:
        yield found


def end(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """End a process that nobody here waits for."""
    os.kill(pid, number)
    until(lambda: start_ticks(pid) is None)


def test_start_brings_everything_up_once_and_stop_takes_it_down(desk: Operator) -> None:
    """In the right order, ready at its end; twice is as good as once, both ways."""
    first = desk.types("start")
    assert first.exit_code == 0, first.stderr
    assert [line.split()[0] for line in first.stdout.splitlines()] == ["database", "api", "gateway"]
    rows = desk.components()
    assert {name: row["state"] for name, row in rows.items()} == {
        "database": "running",
        "api": "running",
        "gateway": "degraded",  # it has no source
    }
    assert desk.types("start").stdout.count("runs already") == 2
    assert desk.components()["api"]["pid"] == rows["api"]["pid"]
    stopped = desk.types("stop")
    assert [line.split()[0] for line in stopped.stdout.splitlines()] == [
        "gateway",
        "api",
        "database",
    ]
    assert all(start_ticks(rows[name]["pid"]) is None for name in ("api", "gateway"))
    assert desk.types("stop").stdout.count("does not run") == 2


def test_status_tells_well_degraded_and_down_by_its_exit_status(desk: Operator) -> None:
    """2 before the start, 1 with a gateway without a source, 2 again after one was killed."""
    down = desk.types("status")
    assert (down.exit_code, down.stdout.splitlines()[-1]) == (
        2,
        "down: api stopped; gateway stopped",
    )
    desk.types("start")
    found = desk.types("status", "--json")
    document = json.loads(found.stdout)
    assert (found.exit_code, document["verdict"], document["status"]) == (1, "degraded", 1)
    gateway = desk.components()["gateway"]
    assert gateway["key"].startswith("not connected, 0 pending")
    assert "TELEGRAM_API_ID" in gateway["trouble"]
    assert 20 * 2**20 < gateway["memory_bytes"] < gateway["memory_limit_bytes"] == 150 * 2**20
    end(gateway["pid"])
    assert desk.types("status").exit_code == 2
    assert "ended by itself" in desk.components()["gateway"]["trouble"]
    assert desk.types("start", "gateway").exit_code == 0
    assert desk.types("status").exit_code == 1


def test_a_finished_replay_is_well(desk: Operator, tmp_path: Path) -> None:
    """A source that told all it had is no fault: status 0, and no colours in a pipe."""
    export = tmp_path / "export.json"
    export.write_text('{"id":1,"name":"x","type":"public_channel","messages":[]}')
    desk.environ["REPLAY_FILE"] = str(export)
    assert desk.types("start").exit_code == 0
    until(lambda: desk.types("status").exit_code == 0)
    found = desk.types("status").stdout
    assert found.splitlines()[-1] == "well: 3 components run"
    assert "\x1b" not in found


def test_a_restart_names_new_processes_and_leaves_the_database(desk: Operator) -> None:
    """Both services, or the one that is named."""
    desk.types("start")
    before = desk.components()
    said = desk.types("restart").stdout
    after = desk.components()
    assert "database" not in said
    assert all(before[name]["pid"] != after[name]["pid"] for name in ("api", "gateway"))
    desk.types("restart", "api")
    assert desk.components()["gateway"]["pid"] == after["gateway"]["pid"]


def test_what_does_not_start_shows_the_end_of_its_log(desk: Operator) -> None:
    """The reason is on the screen, and nothing is left running."""
    desk.environ["API_SECRET_TOKEN"] = "short"
    found = desk.types("start")
    assert found.exit_code == 1
    assert "gateway: it ended with status 78" in found.stderr
    assert "FATAL API_SECRET_TOKEN has 5 characters" in found.stderr
    rows = desk.components()
    assert (rows["api"]["state"], rows["gateway"]["state"]) == ("running", "stopped")


def test_a_database_that_does_not_answer_stops_the_start(desk: Operator) -> None:
    """It comes first, and it is not ours to start."""
    desk.environ["TIMESCALEDB_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    found = desk.types("start")
    assert (found.exit_code, "not ours to start" in found.stderr) == (1, True)
    assert desk.components()["api"]["state"] == "stopped"


def test_a_pid_that_is_another_process_by_now_is_left_alone(desk: Operator) -> None:
    """The start time is the other half of a process's name."""
    with subprocess.Popen(["sleep", "60"]) as bystander:
        folder = desk.outbox.parent / "run"
        folder.mkdir(parents=True)
        (folder / "api.pid").write_text(json.dumps({"pid": bystander.pid, "ticks": 1}))
        assert desk.components()["api"]["state"] == "failed"
        assert "api (process): does not run" in desk.types("stop").stdout
        assert bystander.poll() is None
        bystander.kill()


def test_a_gateway_in_the_foreground_of_a_terminal_is_seen(desk: Operator, tmp_path: Path) -> None:
    """Nobody supervises it, and its health page answers all the same."""
    gateway = GatewayProcess(desk.outbox, "http://127.0.0.1:1/ingest", tmp_path / "own.log")
    with gateway:
        row = desk.components()["gateway"]
        assert (row["supervisor"], row["pid"]) == ("foreground", gateway.pid)


def test_logs_are_merged_by_time_and_chosen(desk: Operator) -> None:
    """Both services' lines in one order; one component, errors only, a bad name."""
    desk.types("start")
    lines = [json.loads(line) for line in desk.types("logs", "--json").stdout.splitlines()]
    assert {line["component"] for line in lines} == {"api", "gateway"}
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    text = desk.types("logs", "gateway").stdout
    assert " gateway  info     gateway ready on http://127.0.0.1:" in text
    assert desk.types("logs", "--errors").stdout == ""
    assert desk.types("logs", "--since", "2020-01-01").stdout.count("\n") == len(lines)
    assert desk.types("logs", "nobody").exit_code == 2
    assert "not ours" in desk.types("logs", "database").stderr
