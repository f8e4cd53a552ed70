"""Reads what can still be read of a damaged outbox: ranges of rows, halved around each fault."""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

_COLUMNS = (
    "seq, channel_id, message_id, revision, text_sha256, source, payload, payload_sha256,"
    " state, outcome, reason, appended_ms, settled_ms"
)
_INSERT = f"INSERT OR IGNORE INTO outbox ({_COLUMNS}) VALUES ({', '.join('?' * 13)})"  # noqa: S608  # our own names
_SELECT = f"SELECT {_COLUMNS} FROM outbox NOT INDEXED WHERE seq BETWEEN ? AND ?"  # noqa: S608  # our own names
_PAYLOAD, _DIGEST = 6, 7
# Tables whose rows stand for themselves, with the columns that are true without the lost rows.
_BESIDE = {
    "purged_message": "channel_id, message_id",
    "channel": "channel_id, access_hash, title, username",
    "held_deletion": "channel_id, message_id, held_ms",
    "flood_wait": "request, until_ms",
    "undecoded": "source, raw, error, received_ms",
    "forward": "channel_id, message_id, album_id, random_id, state, reason, queued_ms, settled_ms",
    "mark": "name, value",
}
UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)  # SQLite quotes what it cannot read
_RANGE = 1000  # rows in memory at once
_MAX_FAULTS = (
    200_000  # a lost inner page costs two reads a row below it; a lost root ends the search
)


def salvage(damaged: Path, target: Path) -> int:
    """Copy every row whose payload matches its SHA-256; returns how many there were.

    What else the file knows is copied as far as it can be read. Not the cursors: they would claim
    messages that the damage may have taken, so each channel is compared with Telegram anew.

    Reads a copy, since opening a file for recovery of its log would change it.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="salvage-") as scratch:
        for suffix in ("", "-wal"):
            if (part := damaged.with_name(damaged.name + suffix)).exists():
                shutil.copy(part, scratch)
        copy = Path(scratch, damaged.name)
        with closing(sqlite3.connect(target, isolation_level=None)) as new:
            new.execute("PRAGMA synchronous = FULL")
            new.execute("BEGIN IMMEDIATE")
            with closing(sqlite3.connect(copy, isolation_level=None)) as old:
                rows = sum(_insert(new, row) for row in _readable(old))
                for table, columns in _BESIDE.items():
                    _copy(old, new, table, columns)
            new.execute("UPDATE counter SET value = ? WHERE name = 'appended'", (rows,))
            new.execute("COMMIT")
    return rows


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str, columns: str) -> None:
    """As many rows of a table as can be read before the first fault in it."""
    places = ", ".join("?" * len(columns.split(",")))
    insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})"  # noqa: S608  # our own names
    try:
        for row in old.execute(f"SELECT {columns} FROM {table} NOT INDEXED"):  # noqa: S608  # our own names
            new.execute(insert, row)
    except (*UNREADABLE, sqlite3.IntegrityError):
        return


def _insert(new: sqlite3.Connection, row: tuple[Any, ...]) -> int:
    try:
        return new.execute(_INSERT, row).rowcount
    except sqlite3.IntegrityError:
        return 0  # a flipped bit made a column of another type


def _readable(old: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Every sound row, from the lowest seq to the highest that the file still tells."""
    last = max(_number(old, "SELECT max(seq) FROM outbox NOT INDEXED"), _sequence(old))
    low = _number(old, "SELECT min(seq) FROM outbox NOT INDEXED") or 1
    ranges = [(first, min(first + _RANGE - 1, last)) for first in range(low, last + 1, _RANGE)]
    ranges.reverse()
    faults = 0
    while ranges and faults < _MAX_FAULTS:
        first, last = ranges.pop()
        try:
            yield from _range(old, first, last)
        except UNREADABLE:
            faults += 1
            if first < last:
                middle = (first + last) // 2
                ranges += [(middle + 1, last), (first, middle)]


def _number(old: sqlite3.Connection, question: str) -> int:
    try:
        row = old.execute(question).fetchone()
    except UNREADABLE:
        return 0
    return row[0] if row and isinstance(row[0], int) else 0


def _sequence(old: sqlite3.Connection) -> int:
    return _number(old, "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")


def _range(old: sqlite3.Connection, first: int, last: int) -> list[tuple[Any, ...]]:
    """The sound rows of a range. Raises DatabaseError when a page in it cannot be read."""
    return [
        row
        for row in old.execute(_SELECT, (first, last))
        if isinstance(row[_PAYLOAD], bytes)
        and hashlib.sha256(row[_PAYLOAD]).digest() == row[_DIGEST]
    ]
