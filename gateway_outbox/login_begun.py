"""A login that has begun: what a later run needs to go on with it, without a new code being sent.

It is in the session's folder, mode 0600, beside the half-made session whose key the code was sent
for; the two belong together.
"""

from pathlib import Path
from typing import Literal

import msgspec

from gateway_outbox.session_file import PENDING_NAME
from gateway_outbox.whole_file import replaced


class Begun(msgspec.Struct, frozen=True):
    """`stage` is what Telegram waits for; `code_hash` names the code that it has sent."""

    phone: str
    code_hash: str
    sent_at: float
    stage: Literal["code", "password"] = "code"


def half_made(session: Path) -> Path:
    """The session that a login works on until it is done."""
    return session.with_name(PENDING_NAME)


def read_begun(session: Path) -> Begun | None:
    """The login that has begun in this folder, if one has."""
    try:
        begun = msgspec.json.decode(_note(session).read_bytes(), type=Begun)
    except (OSError, msgspec.MsgspecError):
        return None
    return begun if half_made(session).exists() else None


def write_begun(session: Path, begun: Begun) -> None:
    """Note where the login is, replacing the note before."""
    with replaced(_note(session)) as file:
        file.write(msgspec.json.encode(begun))


def forget_begun(session: Path) -> None:
    """The code is used or worthless; the half-made session's key stays good for another."""
    _note(session).unlink(missing_ok=True)


def discard_half_made(session: Path) -> None:
    """Start from nothing: a key that nobody has logged in with is worth nothing."""
    forget_begun(session)
    for suffix in ("", "-journal"):
        half = half_made(session)
        half.with_name(half.name + suffix).unlink(missing_ok=True)


def _note(session: Path) -> Path:
    return half_made(session).with_suffix(".json")
