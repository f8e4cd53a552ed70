"""Copies of the session's file: consistent while it is in use, checked, and never one deleted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from contracts import queries
from gateway_outbox.errors import LoginRequiredError, SessionDamagedError, SessionUnusableError
from gateway_outbox.session.session_file import check_modes, hold_session, prepare_dir, prepare_file
from gateway_outbox.whole_file import sync

QUERY = queries.load("gateway_outbox.session", "session.sql")
VERSION = 8  # the schema of Telethon 1.45, which brings older ones up to it when it opens them
OLDEST = 4  # the first that has all TABLES
TABLES = {"version", "sessions", "entities", "sent_files", "update_state"}
KEY_BYTES = 256
BUSY_SECONDS = 5.0
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class SessionFacts(msgspec.Struct, frozen=True):
    """What a sound session file tells without a connection: nothing of it is secret."""

    version: int
    dc: str
    entities: int


def require_session(path: Path) -> SessionFacts:
    """The session that a service may connect with. For the holder of its lock.

    A sound one is copied to `.bak` first: what connects with it may change the file, and a newer
    library brings its schema up.

    Raises LoginRequiredError when there is none; SessionUnusableError for one that others can read
    and for a damaged one, which is renamed to `.corrupt.<time>`.
    """
    check_modes(path)
    if not path.exists() or path.stat().st_size == 0:
        raise LoginRequiredError(f"there is no session at {path}. Type: tpcapital login")
    try:
        facts = inspect(path, owned=True)
    except SessionDamagedError as error:
        kept = set_aside(path, "corrupt")
        raise SessionUnusableError(
            str(path), f"it is damaged, and kept as {kept.name}. {_way_back(path)}"
        ) from error
    keep_last_good(path)
    return facts


def inspect(path: Path, *, owned: bool = False) -> SessionFacts:
    """Read the file; `owned`: by the holder of its lock, who also mends what a kill left behind.

    Raises SessionDamagedError for a broken file, SessionUnusableError for one that is no session
    to connect with.
    """
    with _reading(path, owned=owned) as connection:
        tables = {row[0] for row in connection.execute(QUERY["structure"])}
        if not tables >= TABLES:
            missing = ", ".join(sorted(TABLES - tables))
            raise SessionUnusableError(str(path), f"it is no session file: no table {missing}")
        (version,) = connection.execute(QUERY["version"]).fetchone() or (None,)
        if version is None or not OLDEST <= version <= VERSION:
            raise SessionUnusableError(
                str(path), f"its schema is {version}; this program knows {OLDEST} to {VERSION}"
            )
        keys = connection.execute(QUERY["keys"]).fetchall()
        if len(keys) != 1 or len(keys[0][3] or b"") != KEY_BYTES:
            raise SessionUnusableError(str(path), "it holds no key: that login was never finished")
        answer = connection.execute(QUERY["check"]).fetchone()
        if answer != ("ok",):
            raise SessionDamagedError(str(path), f"SQLite says {_one_line(answer)}")
        (entities,) = connection.execute(QUERY["entities"]).fetchone()
        return SessionFacts(version, "{}@{}:{}".format(*keys[0][:3]), entities)


def _one_line(answer: tuple[object, ...] | None) -> str:
    """What `integrity_check` found first, which SQLite writes in lines."""
    return " ".join(str(answer[0]).split()) if answer else "nothing"


def copy_to(path: Path, target: Path, *, owned: bool = False) -> SessionFacts:
    """A consistent copy (mode 0600, fsynced, checked), also while the owner writes; see `inspect`.

    Raises SessionUnusableError for either file; a copy that is there already is replaced whole.
    """
    new = target.with_name(target.name + ".new")
    try:
        new.unlink(missing_ok=True)
        prepare_file(new)
        with _reading(path, owned=owned) as source, closing(sqlite3.connect(new)) as copy:
            # Inside a read transaction: the backup's own wait for a commit would have no end.
            source.execute("BEGIN")
            source.execute(QUERY["structure"]).fetchall()
            source.backup(copy)
        facts = inspect(new)
        sync(new)
        new.replace(target)
        sync(target.parent)
    except OSError as error:
        raise SessionUnusableError(str(target), f"{error.strerror} ({error.filename})") from error
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
    return facts


def keep_last_good(path: Path) -> Path | None:
    """Copy a sound session to `.bak` before it is changed; None where there is none to keep.

    For the holder of its lock.
    """
    if not path.exists():
        return None
    target = path.with_name(path.name + ".bak")
    try:
        copy_to(path, target, owned=True)
    except SessionUnusableError:
        return None  # it is no good copy: an older one in its place is not overwritten
    return target


def restore(source: Path, path: Path) -> Path | None:
    """Put a copy in the session's place; returns where the session before it is kept.

    Takes the lock. Raises AlreadyRunningError, and SessionUnusableError with nothing changed when
    the copy is no sound session.
    """
    if not source.is_file():
        raise SessionUnusableError(str(source), "there is no such file")
    prepare_dir(path)
    with hold_session(path):
        inspect(source)
        kept = set_aside(path, "before-restore")
        try:
            copy_to(source, path)
        except SessionUnusableError:
            _move(kept, path)
            raise
    return kept if kept.exists() else None


def set_aside(path: Path, why: str) -> Path:
    """Rename the file and its journal to `.<why>.<time>`; returns the new name."""
    kept = path.with_name(f"{path.name}.{why}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z")
    _move(path, kept)
    return kept


def _move(path: Path, target: Path) -> None:
    """Rename what is there of the file and its journal: torn apart, both would be worthless."""
    for suffix in ("", "-journal"):
        if (part := path.with_name(path.name + suffix)).exists():
            part.rename(target.with_name(target.name + suffix))


def _way_back(path: Path) -> str:
    good = path.with_name(path.name + ".bak")
    if good.exists():
        return f"Type: tpcapital session restore {good}, or log in anew: tpcapital login"
    return "Log in anew: tpcapital login"


@contextmanager
def _reading(path: Path, *, owned: bool) -> Iterator[sqlite3.Connection]:
    """A connection that waits while another commits; one that is not the owner's never writes."""
    uri = f"{path.resolve().as_uri()}?mode={'rw' if owned else 'ro'}"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
            yield connection
    except UnicodeDecodeError as error:  # SQLite quotes a damaged schema in its message
        raise SessionDamagedError(str(path), "SQLite cannot read its schema") from error
    except sqlite3.DatabaseError as error:
        damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
        kind = SessionDamagedError if damaged else SessionUnusableError
        raise kind(str(path), str(error)) from error
