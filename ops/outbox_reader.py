"""Looks into an outbox file beside its owner, or without one; never writes to it.

A connection of `mode=ro` takes part in SQLite's own locking, checkpoints nothing and reads a
write-ahead log that a killed gateway left. It needs the folder for the log's index (`-shm`); where
the folder cannot be written (a mounted backup) a private copy is read instead.
"""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from contracts import queries
from gateway_outbox import outbox_lock
from gateway_outbox.errors import OutboxUnusableError

QUERY = queries.load("ops", "outbox.sql")
STATES = ("pending", "delivered", "dead_letter", "discarded")
CHUNK = 500  # rows of one read: a longer one would keep the gateway's log from being folded in
_BUSY_SECONDS = 5.0
_DENIED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


class OutboxReader:
    """Questions to an outbox. Make one with `open_reader`; each answer is of its own moment."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def states(self) -> dict[str, int]:
        """Rows by state, every state named."""
        return dict.fromkeys(STATES, 0) | {row["state"]: row["rows"] for row in self._all("states")}

    def oldest_pending(self) -> dict[str, Any] | None:
        """`seq`, `channel_id`, `message_id` and `appended_ms` of the longest waiting row."""
        return next(map(dict, self._all("oldest_pending")), None)

    def rows(
        self, state: str | None, channel: int | None, limit: int, *, oldest: bool = False
    ) -> list[dict[str, Any]]:
        """Whole rows, the newest first unless asked otherwise; None takes any."""
        name = "oldest_rows" if oldest else "newest_rows"
        return [dict(row) for row in self._all(name, state=state, channel=channel, limit=limit)]

    def row(self, seq: int) -> dict[str, Any] | None:
        """One row, whole, or None when there is none of that number."""
        return next(map(dict, self._all("row", seq=seq)), None)

    def state(self, seq: int) -> str | None:
        """What became of a row, or None when there is none of that number."""
        return next((row["state"] for row in self._all("state", seq=seq)), None)

    def version(self) -> int:
        """The file's schema version."""
        return int(self._all("version")[0][0])

    def message_rows(self, channel: int, message: int) -> list[dict[str, Any]]:
        """Every row of one message, whole, in the order of arrival."""
        return [dict(row) for row in self._all("message_rows", channel=channel, message=message)]

    def is_purged(self, channel: int, message: int) -> bool:
        """Whether the message had rows that were forgotten after their delivery."""
        return bool(self._all("is_purged", channel=channel, message=message)[0]["purged"])

    def payloads(self, states: Sequence[str] | None = None) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, payload and its kept SHA-256 of each row of these states, in order."""
        after = 0
        chosen = f"|{'|'.join(states)}|" if states else None
        while rows := self._all("payloads", after=after, states=chosen, limit=CHUNK):
            for row in rows:
                yield row["seq"], row["payload"], row["payload_sha256"]
            after = rows[-1]["seq"]

    def channels(self) -> list[dict[str, Any]]:
        """What is known of each channel; `state` is null where it is not followed."""
        return [dict(row) for row in self._all("channels")]

    def held_deletions(self) -> list[dict[str, Any]]:
        """Held deletions by channel: how many, from and to which message, since when (ms)."""
        return [dict(row) for row in self._all("held_deletions")]

    def faults(self) -> list[str]:
        """A sentence for everything that is wrong with the file: structure, payloads, counters."""
        found: list[str] = []
        try:
            integrity = [row[0] for row in self._all("integrity")]
            found += [f"integrity_check: {line}" for line in integrity if line != "ok"]
            for seq, payload, digest in self.payloads():
                if hashlib.sha256(payload).digest() != digest:
                    found += [f"row {seq}: the payload does not match its SHA-256"]
            found += self._identity()
        except (sqlite3.DatabaseError, UnicodeDecodeError, TypeError) as error:
            # SQLite quotes what it cannot read; a flipped bit can make a column of another type
            found += [f"unreadable: {error}. A gateway that starts on it salvages what it can"]
        return found

    def size_bytes(self) -> int:
        """The file. By stat: opening it would drop the locks of a gateway in this process."""
        return self._path.stat().st_size

    def wal_bytes(self) -> int:
        """The write-ahead log beside it, 0 without one."""
        log = self._path.with_name(self._path.name + "-wal")
        return log.stat().st_size if log.exists() else 0

    def disk_free_bytes(self) -> int:
        """Free space where the outbox lives."""
        return shutil.disk_usage(self._path.parent).free

    def _identity(self) -> list[str]:
        appended, purged, rows = self._all("identity")[0]
        if appended == rows + purged:
            return []
        return [f"counters: {appended} appended, but {rows} rows and {purged} purged"]

    def _all(self, name: str, **values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(QUERY[name], values).fetchall()


def must_exist(path: Path) -> None:
    """Raise OutboxUnusableError, with what to do, when there is no such file."""
    if not path.is_file():
        raise OutboxUnusableError(
            str(path), "there is no such file. Give its path with --outbox or OUTBOX_PATH"
        )


@contextmanager
def open_reader(path: Path) -> Iterator[OutboxReader]:
    """An outbox to look into. Raises OutboxUnusableError when there is none to be read."""
    must_exist(path)
    try:
        with _opened(path) as connection:
            connection.row_factory = sqlite3.Row
            yield OutboxReader(connection, path)
    except sqlite3.DatabaseError as error:
        raise OutboxUnusableError(str(path), f"{error}. {_advice(error)}") from error


def _advice(error: sqlite3.DatabaseError) -> str:
    """What to do where a file cannot be read as an outbox."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):  # no database, or without our tables
        return "It is no outbox: give its path with --outbox or OUTBOX_PATH"
    if code == sqlite3.SQLITE_BUSY:
        return "Another program keeps it locked: try again when that is done"
    return (
        "A gateway that starts on it salvages what can be read; `tpcapital restore` puts a backup"
        " in its place"
    )


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(_connect(path)) as connection:
        if not _denied(connection):
            yield connection
            return
    if outbox_lock.holder_of(path):
        raise OutboxUnusableError(str(path), "its folder cannot be written; look as its owner")
    with tempfile.TemporaryDirectory(prefix="outbox-") as folder:
        for suffix in ("", "-wal"):
            if (part := path.with_name(path.name + suffix)).exists():
                shutil.copy(part, folder)
        with closing(_connect(Path(folder, path.name))) as connection:
            yield connection


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)


def _denied(connection: sqlite3.Connection) -> bool:
    """Whether SQLite lacks the right to make the index of the log."""
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in _DENIED:
            return True
        raise
    return False
