"""Looking into an outbox: beside a gateway, after a kill, in a folder that nobody may write."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_outbox.errors import OutboxUnusableError
from gateway_outbox.outbox_lock import lock_path
from ops.outbox_reader import open_reader
from tests.ops.conftest import Command
from tests.running_gateway import ROOT, gateway_process

# Root may write anywhere, so it becomes nobody (after imports that nobody may not read).
COUNT = """
import os, sys
from pathlib import Path
from ops.outbox_reader import open_reader
if os.geteuid() == 0:
    os.seteuid(65534)
with open_reader(Path(sys.argv[1])) as reader:
    print(reader.states()["pending"])
"""


@pytest.fixture
def killed(outbox_path: Path, command: Command, export: Path) -> Path:
    """An outbox whose gateway was killed with two more rows in the write-ahead log."""
    with gateway_process(outbox_path) as gateway:
        assert command("import", str(export)).exit_code == 0
        assert gateway.stop(signal.SIGKILL) == -signal.SIGKILL
    assert outbox_path.with_name("outbox.sqlite3-wal").stat().st_size > 0
    return outbox_path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Two messages as JSON lines."""
    line = '{"channelId":-1009,"messageId":%d,"text":"oi","timestamp":"2026-11-16T13:30:00Z"}\n'
    path = tmp_path / "two.jsonl"
    path.write_text(line % 1 + line % 2)
    return path


@pytest.fixture
def sealed(killed: Path) -> Iterator[Path]:
    """That outbox, without the index of its log, in a folder that may be read but not written."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for suffix in ("", "-wal"):
            shutil.copy(f"{killed}{suffix}", folder)
        for path in (*folder.iterdir(), folder):
            path.chmod(0o555 if path is folder else 0o444)
        yield folder / killed.name
        folder.chmod(0o700)


def test_a_log_left_by_a_kill_is_read(killed: Path) -> None:
    """What was committed before kill -9 is seen, though no gateway has run since."""
    with open_reader(killed) as reader:
        assert reader.states()["pending"] == 5


def test_reading_after_a_kill_changes_neither_file_nor_log(killed: Path) -> None:
    """The next gateway finds what the killed one left."""
    parts = [killed, killed.with_name(killed.name + "-wal")]
    before = [part.read_bytes() for part in parts]
    with open_reader(killed) as reader:
        assert reader.faults() == []
    assert [part.read_bytes() for part in parts] == before


def test_no_reader_can_write(outbox_path: Path) -> None:
    """SQLite itself refuses."""
    with (
        pytest.raises(OutboxUnusableError, match="readonly"),
        open_reader(outbox_path) as reader,
    ):
        reader._connection.execute("DELETE FROM outbox")


def test_a_reader_beside_a_gateway_sees_its_commits(
    outbox_path: Path, command: Command, export: Path
) -> None:
    """An open reader is no snapshot: each question is answered anew."""
    with gateway_process(outbox_path), open_reader(outbox_path) as reader:
        assert reader.states()["pending"] == 3
        assert command("import", str(export)).exit_code == 0
        assert reader.states()["pending"] == 5
        assert reader.faults() == []


def test_a_folder_that_cannot_be_written_is_read_as_a_copy(sealed: Path) -> None:
    """A mounted backup with a log in it shows the log's rows too."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", COUNT, str(sealed)]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("5\n", "")
    assert sorted(path.name for path in sealed.parent.iterdir()) == [
        "outbox.sqlite3",
        "outbox.sqlite3-wal",
    ]


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """With the path and what to give; nothing is made in its place."""
    missing = tmp_path / "none.sqlite3"
    with pytest.raises(OutboxUnusableError, match=r"no such file\. Give its path with --outbox"):
        open_reader(missing).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_another_program_s_database_is_no_outbox(tmp_path: Path) -> None:
    """The sentence says what SQLite missed."""
    path = tmp_path / "other.sqlite3"
    sqlite3.connect(path).execute("CREATE TABLE customers (name TEXT)").connection.close()
    with (
        pytest.raises(
            OutboxUnusableError, match=r"no such table: outbox. It is no outbox: give its path"
        ),
        open_reader(path) as reader,
    ):
        reader.states()


def test_reading_makes_no_lock(outbox_path: Path) -> None:
    """Whoever looks holds nothing that a gateway would meet."""
    with open_reader(outbox_path) as reader:
        reader.rows(None, None, 20)
        assert not lock_path(outbox_path).exists()


def test_payloads_come_in_order_and_by_state(outbox_path: Path) -> None:
    """All rows, or those of the states asked for."""
    with open_reader(outbox_path) as reader:
        assert [seq for seq, _, _ in reader.payloads()] == [1, 2, 3, 4, 5]
        assert [seq for seq, _, _ in reader.payloads(("dead_letter", "delivered"))] == [1, 2]
