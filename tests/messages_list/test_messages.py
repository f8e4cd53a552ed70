"""Each sentence is as the list has it: what happened, to what, and what to do."""

import shutil
from pathlib import Path

import pytest

from tests.messages_list import (
    of_accounts,
    of_channels,
    of_databases,
    of_files,
    of_outbox,
    of_services,
    of_site,
    world,
)
from tests.messages_list.row import Row, provoke

ROWS: list[Row] = [
    *of_outbox.ROWS,
    *of_channels.ROWS,
    *of_files.ROWS,
    *of_accounts.ROWS,
    *of_databases.ROWS,
    *of_services.ROWS,
    *of_site.ROWS,
]
# What only a programmer reads.
_FOREIGN = (
    *("Traceback", "[Errno", "PosixPath", "<class", "Error(", "codec can't", "Expected `"),
    *("NoneType", "object has no", "\\udc", "psycopg", "sqlite3.", "secret@"),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that each row gets a copy of."""
    place = tmp_path_factory.mktemp("messages") / "template"
    world.make(place)
    return place


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line or "nothing")
def test_it_is_said_so(
    row: Row, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status, the sentence on standard error, nothing on standard output."""
    place = tmp_path / "here"
    shutil.copytree(template, place, symlinks=True)
    told = provoke(row.line, world.enter(place, monkeypatch))
    assert told.failure is None
    said = told.said.replace(str(place), "{folder}")
    assert (told.status, said) == (row.status, said if row.matches(said) else row.said)
    assert [word for word in _FOREIGN if word in said] == []


def test_no_line_is_listed_twice() -> None:
    """One row a line."""
    lines = [row.line for row in ROWS]
    assert sorted({line for line in lines if lines.count(line) > 1}) == []
