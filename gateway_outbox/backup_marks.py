"""When the last good backup and the last passed restore check were, kept beside the outbox.

`tpcapital backup` and `tpcapital restore --check` write it; the gateway only reads it, for its
metrics: a command that runs for a minute a day has nobody to scrape it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import msgspec

from gateway_outbox.whole_file import replaced

Kind = Literal["backup", "restore_drill"]

ALWAYS: Final = "outbox"  # the part that every installation has


class Marks(msgspec.Struct, frozen=True):
    """For each part of an installation, when it was last done well: seconds since 1970."""

    backup: dict[str, float] = {}
    restore_drill: dict[str, float] = {}


def path_of(outbox: Path) -> Path:
    """The file that belongs to an outbox."""
    return outbox.with_name(outbox.name + ".marks")


def decode(content: bytes) -> Marks:
    """The marks in a file's content; none when it is not ours."""
    try:
        return msgspec.json.decode(content, type=Marks)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Marks()


def read(outbox: Path) -> Marks:
    """The marks of an outbox; none where nothing was noted. Raises OSError when denied."""
    try:
        return decode(path_of(outbox).read_bytes())
    except FileNotFoundError:
        return Marks()


def note(outbox: Path, kind: Kind, parts: Iterable[str], at: float) -> None:
    """Note that these parts were done well at that time; replaced whole, mode 0600.

    Raises OSError.
    """
    marks = read(outbox)
    fresh = getattr(marks, kind) | dict.fromkeys(parts, at)
    with replaced(path_of(outbox)) as stream:
        stream.write(msgspec.json.encode(msgspec.structs.replace(marks, **{kind: fresh})))
