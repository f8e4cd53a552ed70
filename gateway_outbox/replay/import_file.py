"""A file of messages of any kind that can be imported, told apart by what it holds."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO

from contracts import wire
from gateway_outbox.errors import ExportError
from gateway_outbox.replay import failure_queue, telegram_export
from gateway_outbox.replay.entry import Entry

_PEEK_BYTES = 2 * wire.MAX_MESSAGE_BYTES  # holds the longest line that an export has
_FORMATS = (
    "Give a Telegram Desktop export (result.json, made with the format"
    " 'Machine-readable JSON') or the old gateway's failure-queue.jsonl"
)


class ImportFile:
    """A file's entries, read as they are asked for; `position` of `size` bytes are behind.

    Iterating raises ExportError for a file that is neither kind or that breaks (after all before
    the break), and OSError when it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.position = 0

    def __iter__(self) -> Generator[Entry]:
        with self.path.open("rb") as stream:
            for entry in _entries(stream):
                self.position = stream.tell()
                yield entry
            self.position = stream.tell()


def read_file(path: Path) -> Iterator[Entry]:
    """The entries of a file of either kind. Raises as `ImportFile` does."""
    yield from ImportFile(path)


def _entries(stream: BinaryIO) -> Iterator[Entry]:
    head = stream.read(_PEEK_BYTES)
    stream.seek(0)
    name = Path(stream.name).name
    if not head.strip():
        raise ExportError(f"{name}: empty, byte 0 of 0. {_FORMATS}")
    if any(map(failure_queue.is_failure, head.splitlines())):
        return failure_queue.read_stream(stream)
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        raise ExportError(f"{name}: no JSON object at byte 0. {_FORMATS}")
    return telegram_export.read_stream(stream)
