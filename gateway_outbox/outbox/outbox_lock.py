"""One process owns an outbox: a lock file beside it, held for life, that names its holder.

The file also tells the holder's port and a control token (mode 0600), so that the command line can
ask the running gateway to change the outbox instead of writing to it beside the owner.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from contracts.plain_words import cause
from gateway_outbox import lock_file
from gateway_outbox.errors import AlreadyRunningError, OutboxUnusableError
from gateway_outbox.lock_file import LockHeldError


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
    holder = Holder(os.getpid(), 0, secrets.token_hex(32))
    with ExitStack() as lock:
        try:
            lock.enter_context(lock_file.hold(path, msgspec.json.encode(holder)))
        except OSError as error:
            raise OutboxUnusableError(str(outbox), f"{cause(error)} ({path})") from error
        except LockHeldError as error:
            known = _read(error.told)
            raise AlreadyRunningError(str(outbox), known.pid if known else None) from None
        yield holder


def announce(outbox: Path, holder: Holder, port: int) -> None:
    """Tell the port where the holder listens. For the holder itself."""
    told = msgspec.structs.replace(holder, port=port)
    lock_file.tell(lock_path(outbox), msgspec.json.encode(told))


def holder_of(outbox: Path) -> Holder | None:
    """The process that holds the outbox now, or None when nobody does."""
    told = lock_file.told_by_holder(lock_path(outbox))
    return None if told is None else _read(told)


def _read(told: bytes) -> Holder | None:
    try:
        return msgspec.json.decode(told, type=Holder)
    except msgspec.MsgspecError:
        return None  # between the holder's lock and its first write
