"""Statements out of .sql files."""

import sys
from pathlib import Path

import pytest

from contracts import queries


@pytest.mark.parametrize(
    ("package", "path"),
    [
        ("gateway_outbox.outbox", "queries.sql"),
        ("gateway_outbox.outbox", "schema.sql"),
        ("ingest_api.sql", "queries.sql"),
        ("ops.bench", "bench.sql"),
        ("ops.demo", "demo.sql"),
        ("ops.outbox", "outbox.sql"),
    ],
)
def test_every_file_of_statements_can_be_read(package: str, path: str) -> None:
    """Each statement by its name, none empty, no heading inside one."""
    found = queries.load(package, path)
    assert found
    assert all(text.endswith(";") and "-- name:" not in text for text in found.values())


def test_a_file_without_headings_is_refused(tmp_path: Path) -> None:
    """The sentence says what is missing."""
    folder = tmp_path / "bare_statements"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "x.sql").write_text("SELECT 1;")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(ValueError, match=r"bare_statements/x\.sql holds no '-- name:' heading"):
            queries.load("bare_statements", "x.sql")
    finally:
        sys.path.remove(str(tmp_path))
