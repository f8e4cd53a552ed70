"""One owner of an outbox."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gateway_outbox.errors import AlreadyRunningError
from gateway_outbox.outbox import outbox_lock


def test_a_second_owner_is_refused_with_the_first_one_s_pid(tmp_path: Path) -> None:
    """Another process learns at once who holds the outbox."""
    outbox = tmp_path / "outbox.sqlite3"
    code = (
        "import sys, pathlib; from gateway_outbox.outbox import outbox_lock\n"
        "with outbox_lock.hold(pathlib.Path(sys.argv[1])): pass"
    )
    with outbox_lock.hold(outbox):
        second = subprocess.run(
            [sys.executable, "-c", code, str(outbox)], capture_output=True, text=True, check=False
        )
    assert second.returncode != 0
    assert f"already running, pid {os.getpid()}" in second.stderr


def test_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    """After the block, or the process, anybody may hold it; a stale file means nothing."""
    outbox = tmp_path / "state" / "outbox.sqlite3"
    with outbox_lock.hold(outbox) as holder:
        assert outbox_lock.holder_of(outbox) == holder
        outbox_lock.announce(outbox, holder, 4006)
        known = outbox_lock.holder_of(outbox)
        assert known is not None
        assert (known.pid, known.port) == (os.getpid(), 4006)
    assert outbox_lock.holder_of(outbox) is None
    with outbox_lock.hold(outbox):
        pass


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    """It carries the control token: nobody else may read it."""
    outbox = tmp_path / "outbox.sqlite3"
    with outbox_lock.hold(outbox):
        mode = outbox_lock.lock_path(outbox).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_two_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    """The lock holds between tasks as well as between processes."""
    outbox = tmp_path / "outbox.sqlite3"
    with outbox_lock.hold(outbox), pytest.raises(AlreadyRunningError), outbox_lock.hold(outbox):
        raise AssertionError("held twice")


def test_whoever_looks_does_not_keep_an_owner_out(tmp_path: Path) -> None:
    """`tpcapital outbox status` in a loop never makes a starting gateway end with 75."""
    outbox = tmp_path / "outbox.sqlite3"
    with outbox_lock.hold(outbox):
        pass
    code = (
        "import sys, pathlib; from gateway_outbox.outbox import outbox_lock\n"
        "print('looking', flush=True)\n"
        "while True: outbox_lock.holder_of(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(outbox)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as looking:
        assert looking.stdout is not None
        assert looking.stdout.readline() == b"looking\n"
        for _ in range(200):
            with outbox_lock.hold(outbox):
                pass
        looking.kill()
