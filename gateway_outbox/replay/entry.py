"""What a file to import holds, one after the other: messages, and things that are none."""

from typing import NamedTuple

from contracts.message import Message


class Skipped(NamedTuple):
    """A thing in a file that is no message to keep.

    `where` is a JSON path or a line; `reason` names the kind of fault in words of a bounded
    number, so that it can be counted.
    """

    where: str
    reason: str


Entry = Message | Skipped
