"""Every file and folder that the gateway makes is its user's alone, whatever the umask."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.wire import encode
from tests.messages import TOKEN, message
from tests.running_gateway import environment, gateway_process


@pytest.fixture
def open_umask() -> Iterator[None]:
    """022 is what people have; 0 is the worst there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """Whatever is more open than 0700 for a folder and 0600 for a file."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077 and not path.is_symlink():
            found[str(path.relative_to(folder))] = f"{mode:04o}"
    return found


@pytest.mark.usefixtures("open_umask")
def test_all_that_a_running_gateway_and_its_commands_make(tmp_path: Path) -> None:
    """Outbox with its log and lock, the queue of failures, exports, copies, the channels file."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    replay = tmp_path / "replay.jsonl"
    replay.write_bytes(encode(message(1)) + b"\n")
    outbox = home / "state" / "outbox.sqlite3"
    variables = {
        "OUTBOX_PATH": str(outbox),
        "FAILURE_QUEUE_PATH": str(home / "failures" / "failure-queue.jsonl"),
        "CHANNELS_FILE": str(home / "channels.toml"),
        "SESSION_DIR": str(home / "session"),
        "GATEWAY_PORT": "1",
    }
    with gateway_process(outbox, REPLAY_FILE=str(replay), **variables | {"GATEWAY_PORT": "0"}):
        assert {each.suffix for each in outbox.parent.iterdir()} >= {
            ".sqlite3",
            ".sqlite3-wal",
            ".lock",
        }
        assert modes(home) == {}
        run(variables, "channels", "add", "-1001234567890", "--label", "Mesa")
        run(variables, "outbox", "export", "--output", str(home / "exports" / "rows.jsonl"))
        run(variables, "backup", "--to", str(home / "backups"), "--no-database")
        assert modes(home) == {}
    assert modes(home) == {}
    names = {path.name for path in home.rglob("*")}
    assert {"channels.toml", "rows.jsonl", "outbox.sqlite3"} <= names
    assert not [name for name in names if TOKEN in name]


def run(variables: dict[str, str], *arguments: str) -> None:
    """A command of `tpcapital`, which must succeed."""
    command = [sys.executable, "-m", "ops", *arguments]
    environ = environment(Path(variables["OUTBOX_PATH"]), **variables)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
