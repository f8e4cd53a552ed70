"""`tpcapital outbox` on a file that no gateway holds, and what all its subcommands share."""

import json
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from gateway_outbox import outbox_lock
from tests.ops.conftest import Command

LOOKS = ("status", "ls", "show 1", "verify", "export")
CHANGES = ("retry --all", "discard 1 --reason x", "vacuum")


def damage(path: Path, statement: str) -> None:
    """Change the file behind its guards."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER outbox_keeps_content")
        connection.execute(statement)
    connection.close()


def document(command: Command, *arguments: str) -> Any:
    """What `--json` prints; the command must succeed."""
    result = command(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("line", [*LOOKS, *CHANGES])
def test_a_missing_outbox_is_one_sentence(command: Command, tmp_path: Path, line: str) -> None:
    """Status 1, the path, what to give; and no file is made."""
    missing = tmp_path / "none" / "outbox.sqlite3"
    result = command("outbox", *line.split(), "--outbox", str(missing))
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: outbox {missing} cannot be opened: there is no such file."
        " Give its path with --outbox or OUTBOX_PATH\n"
    )
    assert not missing.parent.exists()


def test_status_without_a_gateway(command: Command, outbox_path: Path) -> None:
    """Counts by state, the oldest pending row, sizes; all that is pending is delayed."""
    found = document(command, "outbox", "status")
    assert found["states"] == {"pending": 3, "delivered": 1, "dead_letter": 1, "discarded": 0}
    assert (found["delayed"], found["gateway"]) == (3, None)
    assert found["oldest_pending"]["seq"] == 3
    assert found["oldest_pending"]["age_seconds"] > 0
    assert found["size_bytes"] == outbox_path.stat().st_size
    assert found["disk_free_bytes"] > 0
    assert "gateway\tno gateway running\n" in command("outbox", "status").stdout


def test_status_beside_another_command(command: Command, outbox_path: Path) -> None:
    """A holder that serves no HTTP is named as such."""
    with outbox_lock.hold(outbox_path):
        gateway = document(command, "outbox", "status")["gateway"]
    assert gateway["port"] == 0
    assert gateway["trouble"] == "it serves no HTTP: just starting, or a tpcapital command at work"


def test_ls_shows_the_newest_rows_first(command: Command) -> None:
    """At most `--limit`; a header line in a pipe."""
    lines = command("outbox", "ls", "--limit", "2").stdout.splitlines()
    assert lines[0] == "seq\tstate\tchannel\tmessage\tkind\tage\toutcome\ttext"
    assert [line.split("\t")[0] for line in lines[1:]] == ["5", "4"]


@pytest.mark.parametrize(
    ("options", "seqs"),
    [
        (["--oldest"], [1, 2, 3, 4, 5]),
        (["--state", "dead_letter"], [2]),
        (["--channel", "-1001234567891"], [4, 2]),
        (["--channel", "-1001234567891", "--state", "pending", "--oldest"], [4]),
    ],
)
def test_ls_chooses_rows(command: Command, options: list[str], seqs: list[int]) -> None:
    """By state, by channel, in either order."""
    assert [row["seq"] for row in document(command, "outbox", "ls", *options)] == seqs


def test_show_tells_everything_of_a_row(command: Command) -> None:
    """Its state and reason, its digests, its payload decoded."""
    row = document(command, "outbox", "show", "2")
    assert (row["state"], row["reason"]) == ("dead_letter", "422: text is no text")
    assert row["payload"]["text"] == "mensagem 1"
    assert row["payload_intact"] is True
    assert len(row["payload_sha256"]) == len(row["text_sha256"]) == 64
    assert "\ntext\tmensagem 1\n" in command("outbox", "show", "2").stdout


def test_show_of_no_row_says_so(command: Command, outbox_path: Path) -> None:
    """Status 1."""
    result = command("outbox", "show", "99")
    sentence = (
        f"Error: outbox {outbox_path} has no row 99; `tpcapital outbox ls` shows those it has\n"
    )
    assert (result.exit_code, result.stderr) == (1, sentence)


def test_retry_makes_a_dead_letter_pending(command: Command) -> None:
    """Each row's state before and now is told; one that could not is no fault beside another."""
    found = document(command, "outbox", "retry", "2", "1", "99")
    assert found["changed"] == 1
    assert [(row["seq"], row["before"], row["now"]) for row in found["rows"]] == [
        (2, "dead_letter", "pending"),
        (1, "delivered", "delivered"),
        (99, None, None),
    ]


def test_retry_all_takes_every_dead_letter(command: Command) -> None:
    """And none is left; a second time changes nothing and is no fault."""
    assert document(command, "outbox", "retry", "--all") == {"changed": 1}
    assert document(command, "outbox", "retry", "--all") == {"changed": 0}


def test_nothing_changed_by_number_is_status_1(command: Command) -> None:
    """The sentence says what could have been changed."""
    retry = command("outbox", "retry", "1")
    assert retry.exit_code == 1
    assert "nothing changed: it takes dead letters and discarded rows" in retry.stderr
    discard = command("outbox", "discard", "1", "--reason", "x")
    assert discard.exit_code == 1
    assert "nothing changed: it takes pending rows and dead letters" in discard.stderr


def test_discard_keeps_the_reason_and_retry_brings_back(command: Command) -> None:
    """An operator's decision can be undone."""
    assert document(command, "outbox", "discard", "3", "--reason", " test ")["changed"] == 1
    row = document(command, "outbox", "show", "3")
    assert (row["state"], row["reason"]) == ("discarded", "test")
    document(command, "outbox", "retry", "3")
    assert document(command, "outbox", "show", "3")["state"] == "pending"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("retry", "Give row numbers, or --all for every dead letter."),
        ("retry 1 --all", "Give row numbers, or --all for every dead letter."),
        ("retry 0", "0 is not in the range 1<=x<=9223372036854775807"),
        ("discard 1", "Missing option '--reason'"),
        ("discard --reason x", "Missing argument 'SEQ…"),
        (f"discard 1 --reason {'x' * 501}", "--reason has 501 characters; give 1 to 500."),
        ("export --delayed --state pending", "Give --state or --delayed, not both."),
        ("ls --limit 0", "0 is not in the range 1<=x<=100000"),
        ("ls --state dead", "'dead' is not one of"),
    ],
)
def test_wrong_use_is_status_2(command: Command, line: str, said: str) -> None:
    """With a sentence, before anything is opened."""
    result = command("outbox", *line.split())
    assert result.exit_code == 2
    assert said in result.stderr


def test_verify_of_a_sound_file(command: Command) -> None:
    """Status 0."""
    assert document(command, "outbox", "verify") == {"sound": True, "faults": []}


def test_verify_finds_each_kind_of_fault(command: Command, outbox_path: Path) -> None:
    """A changed payload and a counter that does not add up, status 1."""
    damage(outbox_path, "UPDATE outbox SET payload = x'7b7d' WHERE seq = 4")
    with sqlite3.connect(outbox_path) as connection:
        connection.execute("UPDATE counter SET value = 9 WHERE name = 'appended'")
    connection.close()
    result = command("outbox", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["faults"] == [
        "row 4: the payload does not match its SHA-256",
        "counters: 9 appended, but 5 rows and 0 purged",
    ]


def test_verify_of_a_damaged_file(command: Command, outbox_path: Path) -> None:
    """A page of rubbish is a fault, not a traceback."""
    content = bytearray(outbox_path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    outbox_path.write_bytes(content)
    result = command("outbox", "verify")
    assert result.exit_code == 1
    assert "malformed" in result.output


def test_vacuum_gives_space_back(command: Command, outbox_path: Path) -> None:
    """Sizes before and after, of file and log."""
    with sqlite3.connect(outbox_path) as connection:
        connection.execute("CREATE TABLE filler (x BLOB)")
        connection.execute("INSERT INTO filler VALUES (zeroblob(1000000))")
        connection.execute("DROP TABLE filler")
    connection.close()
    found = document(command, "outbox", "vacuum")
    assert found["after_bytes"] + 900_000 < found["before_bytes"]
    assert found["after_bytes"] == outbox_path.stat().st_size


def test_a_holder_without_a_port_is_named(command: Command, outbox_path: Path) -> None:
    """Two commands at once: the second says who is at work."""
    with outbox_lock.hold(outbox_path) as holder:
        result = command("outbox", "retry", "--all")
    assert result.exit_code == 1
    assert f"pid {holder.pid} holds outbox {outbox_path} and takes no requests" in result.stderr
    assert "Try again when it is done." in result.stderr


def test_export_writes_lines_to_stdout(command: Command) -> None:
    """Every row's payload, in order; or those of some states."""
    lines = command("outbox", "export").stdout.splitlines()
    assert [json.loads(line)["messageId"] for line in lines] == [1, 1, 2, 2, 3]
    chosen = command("outbox", "export", "--state", "dead_letter", "--state", "delivered").stdout
    assert len(chosen.splitlines()) == 2


def test_export_of_what_is_delayed_goes_to_the_failure_queue(
    command: Command, tmp_path: Path
) -> None:
    """FAILURE_QUEUE_PATH, private; `-o -` prints instead."""
    target = tmp_path / "failure-queue.jsonl"
    found = document(command, "outbox", "export", "--delayed")
    assert (found["exported"], found["file"]) == (4, str(target))
    assert found["bytes"] == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert command("outbox", "export", "--delayed", "-o", "-").stdout == target.read_text()


def test_an_export_replaces_a_file_whole_or_not_at_all(
    command: Command, tmp_path: Path, outbox_path: Path
) -> None:
    """When reading breaks the old file stays, and no unfinished one is left."""
    target = tmp_path / "kept.jsonl"
    target.write_text("old\n")
    content = bytearray(outbox_path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    outbox_path.write_bytes(content)
    result = command("outbox", "export", "-o", str(target))
    assert result.exit_code == 1
    assert target.read_text() == "old\n"
    assert list(tmp_path.glob(".kept*")) == []


def test_an_export_that_cannot_be_written_names_the_file(command: Command, tmp_path: Path) -> None:
    """A folder in its place."""
    result = command("outbox", "export", "-o", str(tmp_path))
    assert result.exit_code == 1
    assert f"{tmp_path} cannot be written: Is a directory" in result.stderr


@pytest.mark.parametrize("kind", ["export", "show 1", "status"])
def test_looking_takes_no_lock(command: Command, outbox_path: Path, kind: str) -> None:
    """It works while anybody holds the outbox."""
    with outbox_lock.hold(outbox_path):
        assert command("outbox", *kind.split()).exit_code == 0
