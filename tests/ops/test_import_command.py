"""`tpcapital import`, through a gateway and without."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts.message import Origin
from contracts.wire import encode
from tests.messages import message
from tests.ops.conftest import Command
from tests.running_gateway import ROOT, gateway_process

EXPORT = ROOT / "ops" / "demo" / "result.json"


def imported(command: Command, *arguments: str, status: int = 0) -> Any:
    """The reports of an import, by file."""
    result = command("import", *arguments, "--json")
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    """Read, messages, stored, duplicates, skipped."""
    return tuple(report[n] for n in ("read", "messages", "stored", "duplicates", "skipped"))


def test_an_export_is_stored_and_reported(command: Command) -> None:
    """What was read is stored, a duplicate, or skipped with its reason and first place."""
    (report,) = imported(command, str(EXPORT))
    assert counts(report) == (285, 279, 277, 2, 6)
    assert report["reasons"][0] == {
        "reason": "service message: invite_members",
        "count": 3,
        "first": "$.chats.list[2].messages[15]",
    }
    assert report["error"] is None


def test_importing_again_stores_nothing_twice(command: Command) -> None:
    """All are duplicates then."""
    imported(command, str(EXPORT))
    assert counts(imported(command, str(EXPORT))[0]) == (285, 279, 0, 279, 6)
    assert command("outbox", "verify").exit_code == 0


def test_a_running_gateway_stores_for_the_command(command: Command, outbox_path: Path) -> None:
    """The same report through its control port; the gateway goes on."""
    with gateway_process(outbox_path) as gateway:
        assert counts(imported(command, str(EXPORT))[0]) == (285, 279, 277, 2, 6)
        assert counts(imported(command, str(EXPORT))[0]) == (285, 279, 0, 279, 6)
        assert gateway.stop() == 0
    assert command("outbox", "verify").exit_code == 0


def test_the_first_import_makes_the_outbox(command: Command, tmp_path: Path) -> None:
    """No gateway needs to have run before."""
    path = tmp_path / "new" / "outbox.sqlite3"
    assert imported(command, str(EXPORT), "--outbox", str(path))[0]["stored"] == 277
    assert path.is_file()


def test_a_dry_run_stores_nothing(command: Command, tmp_path: Path) -> None:
    """It reads and reports, and does not even make the file."""
    path = tmp_path / "new" / "outbox.sqlite3"
    (report,) = imported(command, str(EXPORT), "--dry-run", "--outbox", str(path))
    assert counts(report) == (285, 279, 0, 0, 6)
    assert not path.parent.exists()


def test_what_export_writes_is_imported_whole(command: Command, tmp_path: Path) -> None:
    """Album, origin, photos and edit time survive the way out and back in."""
    sent = tmp_path / "sent.jsonl"
    whole = {
        "albumId": "77",
        "origin": {"channelId": -1005, "messageId": 3},
        "photos": [{"file": "a.jpg"}],
        "mediaType": "photo",
        "editedAt": "2026-11-16T14:00:00Z",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }
    sent.write_text(json.dumps({**json.loads(encode(message(9, "edição"))), **whole}) + "\n")
    out, other = tmp_path / "out.jsonl", str(tmp_path / "other.sqlite3")
    assert imported(command, str(sent))[0]["stored"] == 1
    assert command("outbox", "export", "-o", str(out)).exit_code == 0
    assert imported(command, str(out), "--outbox", other)[0]["stored"] == 6
    lines = command("outbox", "export", "--outbox", other).stdout.splitlines()
    back = json.loads(lines[-1])
    assert {name: back[name] for name in whole} == whole
    assert imported(command, str(out))[0]["duplicates"] == 6


def test_an_exported_line_of_the_largest_message_is_known_again(
    command: Command, tmp_path: Path
) -> None:
    """A first line of 96 KiB does not make the file look like something else."""
    largest = tmp_path / "largest.jsonl"
    origin = Origin(channel_id=-1005, message_id=3)
    assert origin.name is None
    largest.write_bytes(encode(message(1, "\x01" * 16 * 1024)) + b"\n")
    assert largest.stat().st_size > 96 * 1024
    assert imported(command, str(largest))[0]["stored"] == 1


def test_a_broken_file_is_told_and_the_next_one_read(command: Command, tmp_path: Path) -> None:
    """What came before the break is stored; status 1, a sentence for each."""
    cut = tmp_path / "cut.json"
    cut.write_bytes(EXPORT.read_bytes()[:60_000])
    good = tmp_path / "good.jsonl"
    good.write_bytes(encode(message(50)) + b"\n")
    missing = str(tmp_path / "none.json")
    reports = imported(command, str(cut), missing, str(good), status=1)
    assert reports[0]["stored"] > 50
    assert "cut.json" in reports[0]["error"]
    assert reports[1]["error"] == f"{missing}: No such file or directory"
    assert (reports[2]["stored"], reports[2]["error"]) == (1, None)


def test_a_file_of_another_kind_says_what_is_wanted(command: Command, tmp_path: Path) -> None:
    """The sentence stands on standard error."""
    other = tmp_path / "photo.jpg"
    other.write_bytes(b"\xff\xd8\xff")
    result = command("import", str(other))
    assert result.exit_code == 1
    assert "photo.jpg: no JSON object at byte 0. Give a Telegram Desktop export" in result.stderr


def test_no_file_is_wrong_use(command: Command) -> None:
    """Status 2."""
    assert command("import").exit_code == 2


def test_a_pipe_gets_the_report_and_no_bar(command: Command) -> None:
    """Names and values, then the reasons."""
    result = command("import", str(EXPORT))
    assert result.stderr == ""
    assert "stored\t277\n" in result.stdout
    assert "reason\tcount\tfirst\nservice message: invite_members\t3\t" in result.stdout


@pytest.mark.parametrize("colour", [{}, {"NO_COLOR": "1"}])
def test_a_terminal_shows_progress_in_bytes(outbox_path: Path, colour: dict[str, str]) -> None:
    """The bar ends at the file's size."""
    code = "from ops.cli import main; main()"
    ours, theirs = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "TERM": "xterm", "OUTBOX_PATH": str(outbox_path)}
    command = [sys.executable, "-c", code, "import", str(EXPORT)]
    run = subprocess.run(
        command,
        stderr=theirs,
        stdout=subprocess.PIPE,
        env=environ | colour,
        cwd=ROOT,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "result.json" in shown
    assert "136.8/136.8 kB" in shown
    assert ("\x1b[36m" in shown) == (not colour)
    assert run.stdout.startswith(b"name\tvalue\n")


def test_a_gateway_that_stops_in_between_ends_the_import(
    command: Command, outbox_path: Path
) -> None:
    """What was stored is told, and that doing it again is safe."""
    from gateway_outbox.outbox import outbox_lock

    with outbox_lock.hold(outbox_path) as holder:
        outbox_lock.announce(outbox_path, holder, 1)
        (report,) = imported(command, str(EXPORT), str(EXPORT), status=1)
    assert report["stored"] == 0
    assert "doing the same again is safe" in report["error"]
