"""What a power cut may leave on a disk, worked out from the recorded writes of a scenario.

A file's content on the disk is what was there at its last sync. Of the writes after it any may
have reached the disk, in any order, and a write may be torn between sectors; a truncation counts
as such a write. Names (making and removing files) are taken to be on the disk at once and in
order, as on a journaling file system after the directory's own sync.
"""

import ast
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
_CALL = re.compile(r"(?P<thread>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"(?P<thread>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")
_ON_FILE = re.compile(r"\d+<(?P<path>[^>]*)>(?:, )?(?P<arguments>.*)$")
_UNFINISHED = " <unfinished ...>"


class Call(NamedTuple):
    """One system call that succeeded; `data` and `place` as far as the call has them."""

    name: str
    path: str
    data: bytes = b""
    place: int = 0


class Write(NamedTuple):
    """Bytes at an offset, or, with `data` None, a new length."""

    place: int
    data: bytes | None


@dataclass
class File:
    """What is on the disk for sure, and the writes since, of which nothing is sure."""

    synced: bytes = b""
    unsynced: list[Write] = field(default_factory=list)

    def with_writes(self, writes: list[Write]) -> bytes:
        """The content when just these writes reached the disk."""
        content = bytearray(self.synced)
        for place, data in writes:
            if data is None:
                content = content[:place].ljust(place, b"\0")
            else:
                content = content.ljust(place, b"\0")
                content[place : place + len(data)] = data
        return bytes(content)


class State(NamedTuple):
    """A disk after a cut: each file's content by name, and what was acknowledged before it."""

    after: int
    how: str
    files: dict[str, bytes]
    acked: list[int]


def calls(trace: str) -> Iterator[Call]:
    """The calls of a strace recording (`-f -y -xx`), in the order in which they ended."""
    begun: dict[str, str] = {}
    for line in trace.splitlines():
        if resumed := _RESUMED.match(line):
            whole = begun.pop(resumed["thread"]) + resumed["rest"]
        elif line.endswith(_UNFINISHED):
            begun[line.split()[0]] = line.removesuffix(_UNFINISHED)
            continue
        else:
            whole = line
        if (found := _CALL.match(whole)) and not re.search(r"= -1 \w+ \(.*\)$", whole):
            yield _call(found["call"], found["rest"])


def _call(name: str, rest: str) -> Call:
    arguments, _, _ = rest.rpartition(")")
    if name == "unlink":
        return Call(name, _bytes(arguments).decode())
    on_file = _ON_FILE.match(arguments)
    assert on_file, f"strace wrote {name}({rest[:100]}"
    path, rest = on_file["path"].encode().decode("unicode_escape"), on_file["arguments"]
    if name == "ftruncate":
        return Call(name, path, place=int(rest))
    if name in {"write", "pwrite64"}:
        quoted = rest[: rest.rindex('"') + 1]
        place = int(rest.rpartition(", ")[2]) if name == "pwrite64" else 0
        return Call(name, path, _bytes(quoted), place)
    return Call(name, path)


def _bytes(quoted: str) -> bytes:
    value: bytes = ast.literal_eval("b" + quoted)
    return value


@dataclass
class Disk:
    """Follows the calls. `acked` is the path of the list of acknowledged messages."""

    acked: Path
    files: dict[str, File] = field(default_factory=dict)
    noted: bytes = b""

    def apply(self, call: Call) -> None:
        """What the call does to the disk, for sure or perhaps."""
        if call.path == str(self.acked):
            self.noted += call.data
        elif call.name == "unlink":
            self.files.pop(call.path, None)
        elif call.name in {"fsync", "fdatasync"}:
            file = self._file(call)
            file.synced, file.unsynced = file.with_writes(file.unsynced), []
        elif call.name == "ftruncate":
            self._file(call).unsynced.append(Write(call.place, None))
        else:
            self._file(call).unsynced.append(Write(call.place, call.data))

    def _file(self, call: Call) -> File:
        return self.files.setdefault(call.path, File())

    def cut(self, after: int, how: str, dice: random.Random) -> State:
        """The power goes now. `how`: none, some or torn of the unsynced writes reached the disk."""
        files = {
            Path(path).name: file.with_writes(_survivors(file.unsynced, how, dice))
            for path, file in self.files.items()
            if not path.endswith("-shm")  # memory of the processes, made anew at the start
        }
        return State(after, how, files, [int(number) for number in self.noted.split()])


def _survivors(writes: list[Write], how: str, dice: random.Random) -> list[Write]:
    if how == "none":
        return []
    kept = [write for write in writes if dice.random() < 0.5]
    if how == "some":
        return kept
    return [_torn(write, dice) for write in kept]


def _torn(write: Write, dice: random.Random) -> Write:
    if write.data is None:
        return write
    sectors = len(write.data) // SECTOR
    return Write(write.place, write.data[: SECTOR * dice.randint(0, sectors)])


def states(trace: str, acked: Path, seed: int) -> Iterator[State]:
    """Every disk that a cut after each call may leave, in three ways."""
    dice = random.Random(seed)
    disk = Disk(acked)
    for number, call in enumerate(calls(trace), 1):
        disk.apply(call)
        for how in ("none", "some", "torn"):
            yield disk.cut(number, how, dice)
