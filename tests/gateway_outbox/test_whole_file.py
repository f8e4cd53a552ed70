"""Files that are there whole or not at all."""

import stat
from pathlib import Path

import pytest

from gateway_outbox.whole_file import new_file, replaced


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Until the block is done the old content stands."""
    path = tmp_path / "note"
    path.write_text("old", encoding="utf-8")
    with replaced(path) as stream:
        stream.write(b"new")
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_fails_midway_changes_nothing(tmp_path: Path) -> None:
    """The old file stands, and nothing lies beside it."""
    path = tmp_path / "note"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), replaced(path) as stream:
        stream.write(b"half of what" + bytes(1 // 0))
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_takes_nobodys_place(tmp_path: Path) -> None:
    """One that is there already is not overwritten."""
    path = tmp_path / "note"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(FileExistsError), new_file(path):
        pass
    assert path.read_text(encoding="utf-8") == "old"
