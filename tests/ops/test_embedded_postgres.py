"""The embedded server: up, down, killed, and never left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ops.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests.waiting import until


def _is_running(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_killed_server_comes_back_at_the_same_address_with_its_data(
    postgres_folder: Path,
) -> None:
    """What was committed before a SIGKILL is there after `start`, at the same DSN."""
    with EmbeddedPostgres(postgres_folder) as server:
        dsn = server.dsn
        with psycopg.connect(dsn) as connection:
            connection.execute("create table kept as select 7 as n")
        first = server.pid
        server.kill()
        assert server.pid is None
        server.start()
        assert server.pid != first
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select n from kept").fetchone() == (7,)


def test_nothing_runs_after_the_context(postgres_folder: Path) -> None:
    """Leaving the context stops the server, and its data starts again elsewhere."""
    with EmbeddedPostgres(postgres_folder) as server:
        pid = server.pid
    assert pid is not None
    until(lambda: not _is_running(pid))
    with EmbeddedPostgres(postgres_folder) as again, psycopg.connect(again.dsn) as connection:
        assert connection.info.server_version >= 180000


def test_a_killed_owner_leaves_no_server_behind(postgres_folder: Path) -> None:
    """When the process that started it dies by SIGKILL, the server stops by itself."""
    program = (
        "import sys, pathlib; from ops.embedded_postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1])); server.start()\n"
        "print(server.pid, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(postgres_folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        assert _is_running(pid)
        owner.send_signal(signal.SIGKILL)
    until(lambda: not _is_running(pid))


def test_a_stale_pid_file_is_no_obstacle(postgres_folder: Path) -> None:
    """A postmaster.pid with the number of some other living process does not stop the start."""
    with EmbeddedPostgres(postgres_folder):
        pass
    (postgres_folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    with EmbeddedPostgres(postgres_folder) as server:
        assert server.pid != os.getpid()


def test_a_second_owner_of_the_folder_is_refused(postgres_folder: Path) -> None:
    """The folder of a running server is named, with the server's pid."""
    with EmbeddedPostgres(postgres_folder) as server:
        second = EmbeddedPostgres(postgres_folder)
        with pytest.raises(EmbeddedPostgresError, match=f"already running, pid {server.pid}"):
            second.start()


def test_a_server_that_cannot_start_says_why(postgres_folder: Path) -> None:
    """A setting PostgreSQL refuses is in the error, from its log, without a long wait."""
    server = EmbeddedPostgres(postgres_folder, settings={"shared_buffers": "no"})
    with pytest.raises(EmbeddedPostgresError, match="shared_buffers"):
        server.start()
