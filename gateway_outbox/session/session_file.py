"""The user session's file: where it is, who may read it, and that one process at a time has it.

Whoever has this file is the account, so folder and files are the owner's alone. It belongs to one
process for that process's life: Telegram makes a key worthless for good when it is used from two
places (AUTH_KEY_DUPLICATED).
"""

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from contracts.plain_words import cause
from gateway_outbox import lock_file
from gateway_outbox.errors import AlreadyRunningError, SessionUnusableError
from gateway_outbox.lock_file import LockHeldError
from gateway_outbox.session.session_settings import SessionSettings

NAME = "gateway.session"
PENDING_NAME = "login.session"  # a login that has begun; it replaces the session when it is done
FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = 0o077  # the bits of group and everybody


class SessionHolder(msgspec.Struct, frozen=True):
    """The process that has the session."""

    pid: int


def session_path(settings: SessionSettings) -> Path:
    """The session's file, there or not."""
    return settings.session_dir / NAME


def lock_path(path: Path) -> Path:
    """The lock file that belongs to a session file."""
    return path.with_name(path.name + ".lock")


@contextmanager
def hold_session(path: Path) -> Iterator[None]:
    """Own the session until the block ends; its file need not be there.

    Raises AlreadyRunningError with the holder's pid; SessionUnusableError when the folder cannot
    be written.
    """
    with ExitStack() as lock:
        told = msgspec.json.encode(SessionHolder(os.getpid()))
        try:
            lock.enter_context(lock_file.hold(lock_path(path), told))
        except LockHeldError as error:
            raise AlreadyRunningError(str(path), _pid(error.told), "session") from None
        except OSError as error:
            raise denied(path, error) from error
        yield


def session_holder(path: Path) -> SessionHolder | None:
    """The process that owns the session now (pid 0: just starting), or None when nobody does."""
    told = lock_file.told_by_holder(lock_path(path))
    return None if told is None else SessionHolder(_pid(told) or 0)


def prepare_dir(path: Path) -> None:
    """Make the session's folder, mode 0700, and refuse one that others can look into.

    Raises SessionUnusableError.
    """
    try:
        path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise denied(path, error) from error
    check_modes(path)


def prepare_file(path: Path) -> None:
    """Make the file, mode 0600 whatever the umask: what SQLite puts beside it takes its mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))


def check_modes(path: Path) -> None:
    """Refuse a session that others can read.

    Raises SessionUnusableError with the very command that closes folder and files.
    """
    try:
        commands = _closing(path)
    except PermissionError as error:
        raise denied(path, error) from error
    if commands:
        raise SessionUnusableError(
            str(path),
            "group or others have rights on it, and whoever reads it is the account."
            f" Type: {' && '.join(commands)}",
        )


def denied(path: Path, error: OSError) -> SessionUnusableError:
    """The error that tells a person that the operating system refuses."""
    reason = f"{cause(error)} ({error.filename})"
    if isinstance(error, PermissionError):
        reason += ". Type it as the user who owns the folder"
    return SessionUnusableError(str(path), reason)


def _closing(path: Path) -> list[str]:
    """The commands that take away what others may do."""
    return [
        f"chmod {mode:o} {' '.join(shlex.quote(str(each)) for each in open_ones)}"
        for mode, open_ones in (
            (FOLDER_MODE, [each for each in (path.parent,) if _is_open(each)]),
            (FILE_MODE, [each for each in session_files(path) if _is_open(each)]),
        )
        if open_ones
    ]


def session_files(path: Path) -> list[Path]:
    """What belongs to the session in its folder: the file, its copies, a login that has begun."""
    names = (path.name, Path(PENDING_NAME).stem)
    found = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
    return [each for each in found if each.name.startswith(names) and each.is_file()]


def _is_open(path: Path) -> bool:
    return path.exists() and bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)


def _pid(told: bytes) -> int | None:
    try:
        return msgspec.json.decode(told, type=SessionHolder).pid
    except msgspec.MsgspecError:
        return None  # between the holder's lock and its first write
