"""One process owns an outbox: a lock file beside it, held for life, that names its holder.

The file also tells the holder's port and a control token (mode 0600), so that the command line can
ask the running gateway to change the outbox instead of writing to it beside the owner.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gateway_outbox.errors import AlreadyRunningError, OutboxUnusableError

_TRIES = 10
_TRY_SECONDS = 0.01


class Holder(msgspec.Struct, frozen=True):
    """Who holds the outbox. `port` is 0 while (or where) it serves no HTTP."""

    pid: int
    port: int
    control_token: str


def lock_path(outbox: Path) -> Path:
    """The lock file that belongs to an outbox file."""
    return outbox.with_name(outbox.name + ".lock")


@contextmanager
def hold(outbox: Path) -> Iterator[Holder]:
    """Own the outbox until the block ends. Raises AlreadyRunningError with the holder's pid."""
    path = lock_path(outbox)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutboxUnusableError(str(outbox), f"{error.strerror} ({path})") from error
    try:
        if not _locked(descriptor):
            known = _read(path)
            raise AlreadyRunningError(str(outbox), known.pid if known else None)
        holder = Holder(os.getpid(), 0, secrets.token_hex(32))
        _write(descriptor, holder)
        yield holder
    finally:
        os.close(descriptor)


def announce(outbox: Path, holder: Holder, port: int) -> None:
    """Tell the port where the holder listens. For the holder itself."""
    descriptor = os.open(lock_path(outbox), os.O_WRONLY | os.O_CLOEXEC)
    try:
        _write(descriptor, msgspec.structs.replace(holder, port=port))
    finally:
        os.close(descriptor)


def holder_of(outbox: Path) -> Holder | None:
    """The process that holds the outbox now, or None when nobody does."""
    path = lock_path(outbox)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    finally:
        os.close(descriptor)
    return None


def _locked(descriptor: int) -> bool:
    """Take the lock. A look of `holder_of` has it for a moment too, so one refusal is no answer."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TRY_SECONDS)
        else:
            return True
    return False


def _write(descriptor: int, holder: Holder) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, msgspec.json.encode(holder), 0)


def _read(path: Path) -> Holder | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError):
        return None  # between the holder's lock and its first write
