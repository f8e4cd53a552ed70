"""A copy of an SQLite file that is consistent while another process writes to it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import click

from gateway_outbox.whole_file import new_file, sync

_PAGES = 1024
_BUSY_SECONDS = 10.0


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy by SQLite's own backup, check the copy, and have the disk keep it; mode 0600.

    The copy is one file without a log. Raises click.ClickException when the source cannot be read
    or the copy is not sound.
    """
    with new_file(target):
        pass
    uri = f"{source.resolve().as_uri()}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as original,
            closing(sqlite3.connect(target)) as copy,
        ):
            original.execute("BEGIN")
            original.execute("SELECT count(*) FROM sqlite_master").fetchone()
            original.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode = DELETE")
            answer = copy.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise click.ClickException(f"{source} cannot be copied: {error}") from error
    if answer != ("ok",):
        raise click.ClickException(f"the copy of {source} is not sound: {answer[0]}")
    sync(target)
