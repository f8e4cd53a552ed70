"""`tpcapital demo` as a user starts it: what it prints, and that it leaves nothing behind."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ops.demo.demo_stack import API_PORT, DATABASE_PORT, GATEWAY_PORT
from tests.listener import is_free
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


def command(data: Path, offset: int, *options: str) -> list[str]:
    """The console command's own entry."""
    return [
        *(sys.executable, "-c", "from ops.cli import main; main()"),
        *("demo", "--data", str(data)),
        *("--port-offset", str(offset), *options),
    ]


def run_once(data: Path, offset: int) -> "subprocess.CompletedProcess[str]":
    """A whole `demo --once`."""
    return subprocess.run(
        command(data, offset, "--once"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def summary(ended: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """The last line of its standard output."""
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    sums = found["stored"] + found["duplicates"] + found["dead_letter"] + found["pending"]
    assert found["received"] == sums
    return found


def test_a_second_run_stores_nothing_twice(demo_data: Path, offset: int) -> None:
    """The first stores 200 messages and more, the second meets only duplicates."""
    first = summary(run_once(demo_data, offset))
    assert first["received"] >= 200
    assert first["stored"] > 0
    assert first["signals"] > 0
    assert (first["dead_letter"], first["pending"]) == (0, 0)
    second = summary(run_once(demo_data, offset))
    assert second["received"] == first["received"]
    assert (second["stored"], second["duplicates"]) == (0, second["received"])
    assert second["messages_total"] == first["messages_total"]


def test_a_busy_port_is_one_sentence(demo_data: Path, offset: int) -> None:
    """It says which one and what to do, before anything is started."""
    with socket.create_server(("127.0.0.1", GATEWAY_PORT + offset)):
        ended = run_once(demo_data, offset)
    assert (ended.returncode, ended.stdout) == (1, "")
    last = ended.stderr.splitlines()[-1]
    assert last.startswith(f"port {GATEWAY_PORT + offset} is in use by another program")
    assert "--port-offset" in last
    assert "Traceback" not in ended.stderr
    assert not demo_data.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_demo_leaves_no_process(
    demo_data: Path, offset: int, number: signal.Signals
) -> None:
    """Ctrl-C and `kill` stop gateway, API and PostgreSQL, and the ports are free again."""
    with _running(command(demo_data, offset)) as process:
        until(lambda: _is_ready(GATEWAY_PORT + offset), 60)
        family = _descendants(process.pid)
        assert len(family) >= 3
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in errors
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))
    assert all(is_free(port + offset) for port in (API_PORT, GATEWAY_PORT, DATABASE_PORT))


def test_a_demo_stopped_while_it_starts_leaves_no_process(demo_data: Path, offset: int) -> None:
    """Nor a half-made database: the next run does the whole job."""
    family: set[int] = set()
    with _running(command(demo_data, offset)) as process:
        until(lambda: bool(_descendants(process.pid)), 60)
        family |= _descendants(process.pid)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))
    assert summary(run_once(demo_data, offset))["pending"] == 0


@contextmanager
def _running(arguments: list[str]) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def _is_ready(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _descendants(pid: int) -> set[int]:
    """Every living process below this one."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it ended while we looked
                parents[int(folder.name)] = int(_parent(folder))
    found: set[int] = set()
    grown = {pid}
    while grown:
        grown = {child for child, parent in parents.items() if parent in grown} - found
        found |= grown
    return found


def _parent(folder: Path) -> str:
    """The fourth field of `stat`; the second, a name in brackets, may hold anything."""
    return folder.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
