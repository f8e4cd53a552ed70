"""Copies of the session: consistent, checked, and nothing ever deleted."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gateway_outbox.errors import AlreadyRunningError, LoginRequiredError, SessionUnusableError
from gateway_outbox.session.session_backup import (
    copy_to,
    inspect,
    keep_last_good,
    require_session,
    restore,
)
from gateway_outbox.session.session_file import hold_session
from tests.gateway_outbox.session_files import key_of, write_session

# Writes pairs of rows as the library does: a transaction that stays open, then its commit. Each
# step waits for a line.
WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
for number in range(1000, 2000, 2):
    connection.execute("INSERT INTO entities (id, hash) VALUES (?, 0)", (number,))
    print("half", flush=True)
    sys.stdin.readline()
    connection.execute("INSERT INTO entities (id, hash) VALUES (?, 0)", (number + 1,))
    connection.commit()
    print("whole", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound session."""
    found = tmp_path / "s" / "gateway.session"
    write_session(found)
    return found


def test_a_sound_session_tells_what_is_not_secret(path: Path) -> None:
    """Home server and number of known channels."""
    facts = inspect(path)
    assert (facts.version, facts.dc, facts.entities) == (8, "2@127.0.0.1:4430", 3)
    assert require_session(path) == facts
    assert key_of(path.with_name("gateway.session.bak")) == key_of(path)


def test_no_session_says_what_to_type(tmp_path: Path) -> None:
    """Neither a missing nor an empty file is a session."""
    path = tmp_path / "gateway.session"
    tmp_path.chmod(0o700)
    for _ in range(2):
        with pytest.raises(LoginRequiredError, match="Type: tpcapital login"):
            require_session(path)
        path.touch(mode=0o600)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"key": b"short"}, "that login was never finished"),
        ({"key": b""}, "that login was never finished"),
        ({"version": 9}, "its schema is 9; this program knows 4 to 8"),
        ({"version": 3}, "its schema is 3; this program knows 4 to 8"),
    ],
)
def test_what_is_no_session_to_connect_with_is_refused(
    tmp_path: Path, wrong: dict[str, bytes], said: str
) -> None:
    """And stays where it is: only damage is set aside."""
    path = tmp_path / "s" / "gateway.session"
    write_session(path, **wrong)  # type: ignore[arg-type]  # two kinds of values
    with pytest.raises(SessionUnusableError, match=said):
        require_session(path)
    assert path.exists()


def test_another_program_s_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file without the tables."""
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE version (version integer)")
    with pytest.raises(SessionUnusableError, match="no table entities, sent_files"):
        inspect(path)


@pytest.mark.parametrize("damage", ["header", "page"])
def test_a_damaged_session_is_renamed_and_never_deleted(path: Path, damage: str) -> None:
    """The sentence names the copy that brings it back."""
    assert keep_last_good(path) == path.with_name("gateway.session.bak")
    content = bytearray(path.read_bytes())
    start = 0 if damage == "header" else 4096
    content[start : start + 200] = b"\xff" * 200
    path.write_bytes(content)
    with pytest.raises(SessionUnusableError, match=r"tpcapital session restore .*\.bak"):
        require_session(path)
    (kept,) = path.parent.glob("gateway.session.corrupt.*")
    assert kept.read_bytes() == content
    assert not path.exists()
    assert restore(path.with_name("gateway.session.bak"), path) is None
    require_session(path)


def test_a_bad_session_does_not_replace_the_last_good_copy(path: Path) -> None:
    """`.bak` is the newest that could be used."""
    keep_last_good(path)
    path.write_bytes(b"no database at all" * 100)
    assert keep_last_good(path) is None
    assert inspect(path.with_name("gateway.session.bak")).entities == 3


def test_a_copy_is_private_and_whole(path: Path, tmp_path: Path) -> None:
    """Mode 0600 whatever the umask, and an older copy is replaced."""
    target = tmp_path / "copy.session"
    target.touch(mode=0o644)
    copy_to(path, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert key_of(target) == key_of(path)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".new"] == []


def test_copies_are_consistent_while_the_owner_writes(path: Path, tmp_path: Path) -> None:
    """Each holds whole transactions only: what is open is not in it, and does not hold it up."""
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        sizes = []
        for step in range(6):
            writer.stdout.readline()
            sizes.append(copy_to(path, tmp_path / f"{step}.session").entities)
            writer.stdin.write("on\n")
        writer.kill()
    assert sizes == [3, 5, 5, 7, 7, 9]


def leave_half_written(path: Path) -> None:
    """A process is killed in the middle of a transaction: its journal stays beside the file."""
    code = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1])\n"
        "connection.execute('PRAGMA cache_spill = 1')\n"
        "connection.execute('PRAGMA cache_size = 1')\n"
        "rows = [(n, n, 'x' * 500) for n in range(10, 5000)]\n"
        "connection.executemany('INSERT INTO entities (id, hash, name) VALUES (?, ?, ?)', rows)\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert path.with_name("gateway.session-journal").exists()


def test_what_a_kill_left_half_written_is_rolled_back_by_the_owner(path: Path) -> None:
    """A journal beside the file is mended by the holder of the lock, not by one who looks."""
    leave_half_written(path)
    with hold_session(path):
        assert require_session(path).entities == 3


def test_restore_keeps_what_it_replaces(path: Path, tmp_path: Path) -> None:
    """A restore point, and the copy's key in use."""
    source = tmp_path / "other" / "copy.session"
    write_session(source, key=b"n" * 256)
    kept = restore(source, path)
    assert kept is not None
    assert (key_of(path), key_of(kept)) == (b"n" * 256, b"k" * 256)


def test_a_restore_of_no_session_changes_nothing(path: Path, tmp_path: Path) -> None:
    """The copy is read before anything is moved."""
    source = tmp_path / "copy.session"
    source.write_bytes(path.read_bytes()[:3000])
    before = sorted(path.parent.iterdir())
    with pytest.raises(SessionUnusableError, match=r"copy\.session"):
        restore(source, path)
    assert [each for each in sorted(path.parent.iterdir()) if each not in before] == [
        path.with_name("gateway.session.lock")
    ]
    assert key_of(path) == b"k" * 256


def test_a_restore_that_cannot_write_brings_the_old_session_back(
    path: Path, tmp_path: Path
) -> None:
    """The account stays logged in; a journal comes back with its file, else that would be torn."""
    leave_half_written(path)
    source = tmp_path / "other" / "copy.session"
    write_session(source, key=b"n" * 256)
    path.with_name("gateway.session.new").mkdir()
    with pytest.raises(SessionUnusableError, match=r"gateway\.session\.new"):
        restore(source, path)
    assert list(path.parent.glob("*.before-restore.*")) == []
    with hold_session(path):
        assert require_session(path).entities == 3
    assert key_of(path) == b"k" * 256


def test_a_session_is_restored_where_there_was_none(path: Path, tmp_path: Path) -> None:
    """Nothing had to be kept; a copy that is not there is named."""
    new = tmp_path / "new" / "gateway.session"
    assert restore(path, new) is None
    assert key_of(new) == key_of(path)
    with pytest.raises(SessionUnusableError, match="no such file") as caught:
        restore(tmp_path / "typo.session", new)
    assert "typo.session" in str(caught.value)


def test_there_is_no_last_good_copy_of_nothing(tmp_path: Path) -> None:
    """Before the first login there is none to keep."""
    assert keep_last_good(tmp_path / "gateway.session") is None
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_session_without_a_copy_says_to_log_in(path: Path) -> None:
    """There is no way back, and none is named."""
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(SessionUnusableError, match=r"Log in anew: tpcapital login$"):
        require_session(path)


def test_a_schema_that_cannot_be_read_is_damage(path: Path) -> None:
    """SQLite quotes it in its message, where no text can be made of it."""
    content = path.read_bytes()
    assert content.count(b"CREATE TABLE sent_files") == 1
    path.write_bytes(
        content.replace(b"CREATE TABLE sent_files", b"CREATE \xff\xfe\xff\xfe\xff sent_files")
    )
    with pytest.raises(SessionUnusableError, match="it is damaged, and kept as"):
        require_session(path)
    assert len(list(path.parent.glob("gateway.session.corrupt.*"))) == 1


def test_nothing_is_restored_under_a_running_owner(path: Path, tmp_path: Path) -> None:
    """It names the pid."""
    copy_to(path, tmp_path / "copy.session")
    with hold_session(path), pytest.raises(AlreadyRunningError, match="session"):
        restore(tmp_path / "copy.session", path)
