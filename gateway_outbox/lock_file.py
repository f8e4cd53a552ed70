"""A file that one process at a time holds for life, and that says who that is.

The lock is the kernel's (flock): it ends with its holder, however that ended, and a file that is
left behind means nothing.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TRIES = 10
_TRY_SECONDS = 0.01


class LockHeldError(Exception):
    """Another process holds the lock; `told` is what it wrote into the file, maybe nothing yet."""

    def __init__(self, path: Path, told: bytes) -> None:
        super().__init__(f"{path} is held by another process")
        self.told = told


@contextmanager
def hold(path: Path, told: bytes) -> Iterator[None]:
    """Hold the lock and show `told` in the file (mode 0600) until the block ends.

    Makes the folder (mode 0700) when it is missing. Raises LockHeldError; OSError when the file
    cannot be made.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(descriptor):
            raise LockHeldError(path, _read(path))
        _write(descriptor, told)
        yield
    finally:
        os.close(descriptor)


def tell(path: Path, told: bytes) -> None:
    """Show something else in the file. For the holder itself."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        _write(descriptor, told)
    finally:
        os.close(descriptor)


def told_by_holder(path: Path) -> bytes | None:
    """What the process that holds the lock now shows; None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    finally:
        os.close(descriptor)
    return None


def _locked(descriptor: int) -> bool:
    """Take the lock. `told_by_holder` has it for a moment too, so one refusal is no answer."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TRY_SECONDS)
        else:
            return True
    return False


def _write(descriptor: int, told: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, told, 0)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
