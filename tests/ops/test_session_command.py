"""`tpcapital session`: beside a running holder and without one, never a connection."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway_outbox.session.session_file import hold_session
from ops.cli import main
from tests.gateway_outbox.session_files import key_of, write_session
from tests.running_gateway import gateway_process

Command = Callable[..., Result]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound session."""
    found = tmp_path / "s" / "gateway.session"
    write_session(found)
    return found


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """`tpcapital session` on that folder."""
    environ = {
        "SESSION_DIR": str(tmp_path / "s"),
        "OUTBOX_PATH": str(tmp_path / "outbox.sqlite3"),
    }
    return lambda *given: CliRunner().invoke(main, ["session", *given], env=environ)


def test_status_shows_the_file_and_its_holder(command: Command, path: Path) -> None:
    """Path, modes, home, who has it; nobody's gateway says anything."""
    with hold_session(path):
        result = command("status", "--json")
    document = json.loads(result.output)
    expected = {
        "path": str(path),
        "state": "ok",
        "problem": None,
        "folder_mode": "0700",
        "file_mode": "0600",
        "size_bytes": path.stat().st_size,
        "dc": "2@127.0.0.1:4430",
        "known_peers": 3,
        "holder_pid": os.getpid(),
        "last_good_copy": None,
        "gateway": None,
    }
    assert result.exit_code == 0
    assert {name: document[name] for name in expected} == expected
    assert "holder_pid\t\n" in command("status").output


def test_status_says_what_keeps_a_gateway_from_using_it(command: Command, path: Path) -> None:
    """Open modes with the command against it, and no session at all; status 1."""
    path.chmod(0o640)
    result = command("status")
    assert (result.exit_code, f"chmod 600 {path}" in result.output) == (1, True)
    path.unlink()
    result = command("status")
    assert (result.exit_code, "Type: tpcapital login" in result.output) == (1, True)


def test_status_asks_a_running_gateway(command: Command, path: Path, tmp_path: Path) -> None:
    """One without a user session says nothing of it, and that is no fault."""
    with gateway_process(tmp_path / "outbox.sqlite3"):
        result = command("status", "--json")
    assert (result.exit_code, json.loads(result.output)["gateway"]) == (0, None)
    assert path.exists()


@pytest.mark.parametrize("held", [False, True])
def test_a_backup_is_a_private_copy(
    command: Command, path: Path, tmp_path: Path, *, held: bool
) -> None:
    """Into a folder, a file, or beside the session; the holder goes on."""
    where = ["--to", str(tmp_path / "copy"), "--json"]
    if held:
        with hold_session(path):
            result = command("backup", *where)
    else:
        result = command("backup", *where)
    assert result.exit_code == 0, result.output
    copy = Path(json.loads(result.output)["copy"])
    assert (copy, key_of(copy)) == (tmp_path / "copy", key_of(path))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    for given in ([], ["--to", str(path.parent)]):
        assert command("backup", *given).exit_code == 0
    assert command("status").exit_code == 0  # copies beside it have closed modes


def test_without_a_session_there_is_nothing_to_copy(command: Command) -> None:
    """It says what to type."""
    result = command("backup")
    assert (result.exit_code, "Type: tpcapital login" in result.output) == (1, True)


def test_restore_keeps_what_was_there(command: Command, path: Path, tmp_path: Path) -> None:
    """And refuses while somebody has the session, or when the copy is none."""
    copy = tmp_path / "copy"
    write_session(copy, key=b"n" * 256)
    with hold_session(path):
        result = command("restore", str(copy))
    assert (result.exit_code, f"pid {os.getpid()}" in result.output) == (1, True)
    result = command("restore", str(copy), "--json")
    assert result.exit_code == 0, result.output
    assert (key_of(path), key_of(Path(json.loads(result.output)["before"]))) == (
        b"n" * 256,
        b"k" * 256,
    )
    result = command("restore", str(tmp_path / "none"))
    assert (result.exit_code, "there is no such file" in result.output) == (1, True)
