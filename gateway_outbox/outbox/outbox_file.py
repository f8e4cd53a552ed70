"""The outbox file on disk: made, checked, set aside when it is damaged, opened with its pragmas.

All of it happens before the writer starts, by the process that holds the lock.
"""

import codecs
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from contracts import queries
from contracts.plain_words import cause
from gateway_outbox.errors import OutboxNewerError, OutboxUnusableError
from gateway_outbox.outbox.outbox_salvage import salvage

log = logging.getLogger(__name__)

SCHEMA = queries.load("gateway_outbox.outbox", "schema.sql")
APPLICATION_ID = 0x54504F42  # "TPOB": `file` and the sqlite3 shell tell it from other databases
VERSION = 1
COLUMNS = "SELECT seq, payload, state, settled_ms FROM outbox LIMIT 0"
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# Enough for some hundred thousand rows. A larger file is checked in part, and the damage that its
# rest may hold is met when it is read: `distrusting` then has the next start check everything.
CHECK_SECONDS = 0.5

_HEAD_BYTES = 4096  # the first page; SQLite's own begins with a text that ends in a zero

# FULL: in WAL mode each commit is then followed by an fsync of the log, which is what "stored
# before acknowledged" rests on (sqlite.org/pragma.html#pragma_synchronous).
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "busy_timeout": 5000,
    "wal_autocheckpoint": 1000,
    "journal_size_limit": 64 * 1024 * 1024,
    "cell_size_check": 1,
    "trusted_schema": 0,
    "mmap_size": 0,
}


def prepare(path: Path) -> int:
    """Make the file fit for use; returns how many rows had to be salvaged (0 as a rule).

    A damaged file is moved, whole, to `corrupt-<time>/` beside it and its readable rows go into a
    new one. Raises OutboxNewerError, OutboxUnusableError.
    """
    salvaged = 0
    suspect = _suspect(path)
    try:
        _refuse_text(path)
        if path.exists() and not _is_sound(path, None if suspect.exists() else CHECK_SECONDS):
            salvaged = _set_aside(path)
        _create(path)
        suspect.unlink(missing_ok=True)
    except (OSError, sqlite3.DatabaseError) as error:
        raise OutboxUnusableError(str(path), cause(error)) from error
    return salvaged


@contextmanager
def distrusting(path: Path) -> Iterator[None]:
    """Lets errors pass; after one that tells of damage the next `prepare` checks the whole file."""
    try:
        yield
    except BaseException as error:
        if _tells_damage(error):
            _suspect(path).touch()
        raise


def connect(path: Path) -> sqlite3.Connection:
    """A plain connection with the outbox's pragmas, each read back. For the owner only."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        _set_pragmas(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_pragmas(path: Path, connection: sqlite3.Connection) -> None:
    if path.stat().st_size == 0:  # only heeded while the file is empty, so before everything else
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()
        if found and found[0] != value:
            raise OutboxUnusableError(str(path), f"PRAGMA {name} stayed {found[0]}, not {value}")


def _suspect(path: Path) -> Path:
    """The mark beside a file that was found damaged while it was in use."""
    return path.with_name(path.name + ".suspect")


def _tells_damage(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(map(_tells_damage, error.exceptions))
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGE
    return error.__cause__ is not None and _tells_damage(error.__cause__)


def _is_sound(path: Path, seconds: float | None) -> bool:
    """Whether SQLite can read it and it has our tables; a newer schema is sound but refused.

    The reading ends after so many seconds, None: at the end of the file.
    """
    try:
        with closing(connect(path)) as connection:
            _refuse_foreign(path, connection)
            if connection.execute("PRAGMA user_version").fetchone()[0]:
                connection.execute(COLUMNS)
            return _quick_check(connection, seconds)
    except UnicodeDecodeError:
        return False  # SQLite quotes a damaged schema in its message
    except sqlite3.DatabaseError as error:
        # A disk that does not answer now says nothing about the file: that is raised on.
        if error.sqlite_errorcode & 0xFF in (*DAMAGE, sqlite3.SQLITE_ERROR):
            return False
        raise


def _quick_check(connection: sqlite3.Connection, seconds: float | None) -> bool:
    timer = threading.Timer(seconds or threading.TIMEOUT_MAX, connection.interrupt)
    timer.start()
    try:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return True  # no fault as far as it came
    finally:
        timer.cancel()
        timer.join()
    return answer is not None and answer[0] == "ok"


def _refuse_text(path: Path) -> None:
    """A file of text is a mistyped path, not a damaged outbox: it stays where it is."""
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return
    if text and all(each.isprintable() or each.isspace() for each in text):
        raise OutboxUnusableError(str(path), "it is a text, and no outbox; set OUTBOX_PATH")


def _refuse_foreign(path: Path, connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    if ours and version > VERSION:
        raise OutboxNewerError(str(path), version, VERSION)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if not ours and tables and "outbox" not in tables:
        raise OutboxUnusableError(str(path), "it is another program's database; set OUTBOX_PATH")


def _create(path: Path) -> None:
    with closing(connect(path)) as connection:
        if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return
        connection.executescript(
            f"BEGIN IMMEDIATE; {SCHEMA['create']}"
            f" PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
        )


def _set_aside(path: Path) -> int:
    """Move the damaged file and its log away together, and salvage what can be read."""
    aside = path.parent / f"corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z"
    aside.mkdir(mode=0o700)
    for suffix in ("", "-wal", "-shm"):
        if (part := path.with_name(path.name + suffix)).exists():
            part.rename(aside / part.name)
    _create(path)
    rows = salvage(aside / path.name, path)
    log.error(
        "outbox %s was damaged: kept in %s, %d rows salvaged into a new file",
        path,
        aside,
        rows,
        extra={"action": "outbox.salvaged", "rows": rows, "kept": str(aside)},
    )
    return rows
