"""One owner of a session, and nobody else who can read it."""

import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway_outbox.errors import AlreadyRunningError, SessionUnusableError
from gateway_outbox.session.session_file import (
    check_modes,
    hold_session,
    lock_path,
    prepare_dir,
    prepare_file,
    session_holder,
    session_path,
)
from gateway_outbox.settings import from_environment
from tests.gateway_outbox.session_files import write_session
from tests.messages import TOKEN

HOLD = (
    "import sys, pathlib; from gateway_outbox.session import session_file\n"
    "with session_file.hold_session(pathlib.Path(sys.argv[1])):\n"
    "    print('held', flush=True); sys.stdin.read()"
)


def test_the_session_is_in_its_own_folder(tmp_path: Path) -> None:
    """SESSION_DIR holds gateway.session."""
    environ = {"API_SECRET_TOKEN": TOKEN, "SESSION_DIR": str(tmp_path / "s")}
    assert session_path(from_environment(environ)) == tmp_path / "s" / "gateway.session"


def test_a_second_process_is_refused_with_the_first_one_s_pid(tmp_path: Path) -> None:
    """Whoever comes second learns at once who holds the session, for as long as that lives."""
    path = tmp_path / "gateway.session"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        second = subprocess.run(command, capture_output=True, text=True, check=False, input="")
        holder = session_holder(path)
        first.kill()
    assert second.returncode != 0
    assert f"already running, pid {first.pid}: session {path} is held by it" in second.stderr
    assert holder is not None
    assert holder.pid == first.pid
    with hold_session(path):
        pass


def test_two_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    """The lock holds between tasks too, and its file is private."""
    path = tmp_path / "gateway.session"
    with hold_session(path):
        assert stat.S_IMODE(lock_path(path).stat().st_mode) == 0o600
        with pytest.raises(AlreadyRunningError, match=f"pid {os.getpid()}"), hold_session(path):
            raise AssertionError("held twice")
    assert session_holder(path) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """No traceback of the operating system's."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "gateway.session"
    with pytest.raises(SessionUnusableError, match=r"cannot be used: .*file"), hold_session(path):
        raise AssertionError("held")


def test_what_we_make_is_private_whatever_the_umask(tmp_path: Path) -> None:
    """0700 and 0600 under umask 022."""
    path = tmp_path / "s" / "gateway.session"
    before = os.umask(0o022)
    try:
        prepare_dir(path)
        prepare_file(path)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, path)]
    assert modes == [0o700, 0o600]
    check_modes(path)


def test_open_modes_are_refused_with_the_command_that_closes_them(tmp_path: Path) -> None:
    """The command in the sentence is the cure, for the folder and each file, blanks and all."""
    path = tmp_path / "my session" / "gateway.session"
    write_session(path)
    backup = path.with_name("gateway.session.bak")
    write_session(backup)
    path.parent.chmod(0o750)
    path.chmod(0o644)
    backup.chmod(0o604)
    with pytest.raises(SessionUnusableError) as caught:
        check_modes(path)
    command = str(caught.value).partition("Type: ")[2]
    assert command == (
        f"chmod 700 {shlex.quote(str(path.parent))}"
        f" && chmod 600 {shlex.quote(str(path))} {shlex.quote(str(backup))}"
    )
    subprocess.run(["bash", "-c", command], check=True)
    check_modes(path)


def test_other_files_in_the_folder_are_not_ours_to_judge(tmp_path: Path) -> None:
    """Only what belongs to the session is refused."""
    path = tmp_path / "s" / "gateway.session"
    write_session(path)
    path.with_name("README").touch(mode=0o644)
    check_modes(path)


@pytest.fixture
def somebody_else() -> Iterator[None]:
    """Not root while the test runs, who may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


def test_another_user_s_folder_says_who_should_type(tmp_path: Path, somebody_else: None) -> None:
    """No traceback of a permission that is missing, from whatever is asked first."""
    del somebody_else
    path = tmp_path / "s" / "gateway.session"
    with suppress(PermissionError):  # pytest's own folder is closed already
        path.parent.mkdir(mode=0o000)
    for ask in (prepare_dir, check_modes):
        with pytest.raises(SessionUnusableError, match="as the user who owns the folder"):
            ask(path)
    with pytest.raises(SessionUnusableError, match="as the user who"), hold_session(path):
        raise AssertionError("held")
