"""Damaged, foreign and newer outbox files."""

import os
import random
import sqlite3
import stat
from pathlib import Path

import pytest

from contracts.telemetry import Telemetry
from gateway_outbox.errors import OutboxNewerError, OutboxUnusableError
from gateway_outbox.outbox import outbox_file
from gateway_outbox.outbox.outbox import open_outbox
from tests.messages import CHANNEL, message


async def filled(path: Path, telemetry: Telemetry, count: int = 300) -> None:
    """An outbox file with `count` pending rows, closed."""
    async with open_outbox(path, telemetry) as outbox:
        await outbox.append([message(n, "texto " * 40) for n in range(1, count + 1)], "replay")


def kept(folder: Path) -> list[bytes]:
    """The damaged files that were set aside."""
    return [file.read_bytes() for file in folder.glob("corrupt-*/outbox.sqlite3")]


async def test_the_file_is_private_and_synchronous(tmp_path: Path, telemetry: Telemetry) -> None:
    """Mode 0600 for file and log; WAL with synchronous=FULL."""
    path = tmp_path / "outbox.sqlite3"
    async with open_outbox(path, telemetry):
        for part in (path, path.with_name("outbox.sqlite3-wal")):
            assert stat.S_IMODE(part.stat().st_mode) == 0o600
    connection = outbox_file.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


async def test_a_newer_file_is_refused_untouched(tmp_path: Path, telemetry: Telemetry) -> None:
    """A downgrade gets a sentence, and the file keeps its version."""
    path = tmp_path / "outbox.sqlite3"
    await filled(path, telemetry, 1)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(OutboxNewerError, match="schema 7, this program knows 1"):
        outbox_file.prepare(path)


def test_another_program_s_database_is_refused_untouched(tmp_path: Path) -> None:
    """A wrong OUTBOX_PATH never gets our tables, nor is it set aside."""
    path = tmp_path / "other.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    with pytest.raises(OutboxUnusableError, match="another program's database"):
        outbox_file.prepare(path)


@pytest.mark.parametrize("content", [b'{"messages": []}\n', b"x", "não é ".encode() * 2000])
def test_a_text_is_refused_untouched(tmp_path: Path, content: bytes) -> None:
    """Nor is a file that a mistyped path names, which no damage makes of an outbox."""
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(OutboxUnusableError, match="it is a text, and no outbox"):
        outbox_file.prepare(path)
    assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["result.json"]


async def test_a_damaged_file_is_kept_and_its_rows_salvaged(
    tmp_path: Path, telemetry: Telemetry
) -> None:
    """A page of rubbish in the middle costs the rows on it and no others."""
    path = tmp_path / "outbox.sqlite3"
    await filled(path, telemetry)
    damaged = bytearray(path.read_bytes())
    middle = damaged.index(b'"messageId":150,') // 4096 * 4096
    damaged[middle : middle + 4096] = random.Random(1).randbytes(4096)
    path.write_bytes(damaged)
    async with open_outbox(path, telemetry) as outbox:
        rows = await outbox.pending_rows(CHANNEL, 1000, 1 << 30)
        assert 250 < len(rows) < 300
        await outbox.append([message(1000)], "replay")
    assert kept(tmp_path) == [damaged]


@pytest.mark.parametrize("content", [b"", b"\0" * 8192, os.urandom(8192)])
async def test_a_file_of_rubbish_does_not_stop_the_gateway(
    tmp_path: Path, telemetry: Telemetry, content: bytes
) -> None:
    """It is set aside (an empty one is used), and messages are stored at once."""
    path = tmp_path / "outbox.sqlite3"
    path.write_bytes(content)
    async with open_outbox(path, telemetry) as outbox:
        assert await outbox.append([message(1)], "replay") == (1, 0)
    assert kept(tmp_path) == ([content] if content else [])


@pytest.mark.parametrize("seed", range(20))
async def test_flipped_bits_never_bring_a_changed_text(
    tmp_path: Path, telemetry: Telemetry, seed: int
) -> None:
    """Whatever is damaged: the gateway starts, and what it still holds is what was received."""
    path = tmp_path / "outbox.sqlite3"
    await filled(path, telemetry)
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(40):
        content[chance.randrange(100, len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    outbox_file.prepare(path)
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT message_id, payload FROM outbox").fetchall()
    connection.close()
    sound = [row for row in found if b'"text":"' + b"texto " * 40 in row[1]]
    assert len(sound) >= len(found) - 40


def test_a_folder_in_its_place_is_named_in_the_error(tmp_path: Path) -> None:
    """The sentence says which path cannot be opened."""
    with pytest.raises(OutboxUnusableError, match=str(tmp_path)):
        outbox_file.prepare(tmp_path)


async def test_a_disk_that_does_not_answer_says_nothing_about_the_file(
    tmp_path: Path, telemetry: Telemetry
) -> None:
    """It is not set aside as damaged: all of it is there when the disk answers again."""
    path = tmp_path / "outbox.sqlite3"
    await filled(path, telemetry)
    in_the_way = path.with_name("outbox.sqlite3-wal")
    in_the_way.mkdir()
    with pytest.raises(OutboxUnusableError, match="unable to open database file"):
        outbox_file.prepare(path)
    assert kept(tmp_path) == []
    in_the_way.rmdir()
    async with open_outbox(path, telemetry) as outbox:
        assert outbox.pending == 300


def test_a_file_that_would_not_outlive_the_process_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite keeps no log for it, so that nothing in it was ever stored."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutboxUnusableError, match="journal_mode stayed memory, not wal"):
        outbox_file.prepare(Path(":memory:"))


async def test_damage_met_in_use_has_the_next_start_check_everything(
    tmp_path: Path, telemetry: Telemetry
) -> None:
    """A check that ended early cannot make the gateway start and fall over the same page for ever.

    The error leaves a mark, under which the check has no end but the file's.
    """
    path = tmp_path / "outbox.sqlite3"
    await filled(path, telemetry)

    async def meet_damage() -> None:
        async with open_outbox(path, telemetry) as outbox:
            _overwrite(path, range(8, path.stat().st_size // 4096))
            await outbox.pending_rows(CHANNEL, 300, 1 << 62)

    with pytest.raises(ExceptionGroup) as failure:
        await meet_damage()
    assert failure.group_contains(sqlite3.DatabaseError, match="malformed")
    assert path.with_name("outbox.sqlite3.suspect").exists()
    outbox_file.prepare(path)
    assert len(kept(tmp_path)) == 1
    assert not path.with_name("outbox.sqlite3.suspect").exists()


def _overwrite(path: Path, pages: range) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
