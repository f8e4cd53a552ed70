"""A file's messages into the outbox: all at once as fast as they commit, or at a steady rate."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import anyio.to_thread
from anyio.abc import TaskStatus
from msgspec import structs

from contracts.message import Message
from contracts.plain_words import cause
from gateway_outbox.errors import ExportError, ReplayFileError
from gateway_outbox.replay.entry import Entry, Skipped
from gateway_outbox.replay.import_file import ImportFile
from gateway_outbox.source import SourceState

log = logging.getLogger(__name__)

# A hostile file could give each of its millions of lines a reason of its own.
_MAX_REASONS = 50
_OTHER = "other reasons"

Append = Callable[[list[Message]], Awaitable[Any]]


@dataclass
class Summary:
    """What became of a file so far: messages appended, and the count of skips by reason.

    `examples` has, for each reason, the place of the first one.
    """

    appended: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """All entries of the file that were dealt with."""
        return self.appended + self.skipped.total()

    def skip(self, entry: Skipped) -> None:
        """Count one that is no message."""
        known = entry.reason in self.skipped or len(self.skipped) < _MAX_REASONS
        reason = entry.reason if known else _OTHER
        self.skipped[reason] += 1
        self.examples.setdefault(reason, entry.where)


class Progress(NamedTuple):
    """Byte `position` of `size`, and the summary so far."""

    position: int
    size: int
    summary: Summary


@dataclass(kw_only=True)
class Replay:
    """One pass over a file. `summary` is true at any moment, after a cancellation too.

    `rate` is in messages a second; None appends batches of up to `batch` as fast as `append`
    returns. `source` is the word that each message carries (`replay` or `import`).
    """

    path: Path
    append: Append
    source: str = "replay"
    rate: float | None = None
    batch: int = 500
    on_progress: Callable[[Progress], None] | None = None
    summary: Summary = field(default_factory=Summary, init=False)

    def __post_init__(self) -> None:
        if self.rate is not None and not 0 < self.rate < float("inf"):
            raise ValueError(f"rate is {self.rate} messages a second; give a number above 0")
        if self.batch < 1:
            raise ValueError(f"batch is {self.batch} messages; give 1 or more")

    async def run(self) -> Summary:
        """Append the whole file; the source's time is the time of appending.

        Raises ExportError for a broken file, after everything before the break is appended, and
        OSError for one that cannot be read; whatever `append` raises passes through.
        """
        start = anyio.current_time()
        file = await anyio.to_thread.run_sync(ImportFile, self.path)
        entries = iter(file)
        try:
            while chunk := await anyio.to_thread.run_sync(_read, entries, self.batch):
                await self._append_all(chunk, start)
                if self.on_progress:
                    self.on_progress(Progress(file.position, file.size, self.summary))
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(entries.close)
        return self.summary

    async def _append_all(self, chunk: "_Chunk", start: float) -> None:
        for entry in chunk.skipped:
            self.summary.skip(entry)
        step = 1 if self.rate else self.batch
        for first in range(0, len(chunk.messages), step):
            if self.rate:
                # From the one start, so that waits and slow commits do not add up to a drift.
                await anyio.sleep_until(start + self.summary.appended / self.rate)
            await self._append(chunk.messages[first : first + step])
        if chunk.fault:
            raise chunk.fault

    async def _append(self, messages: list[Message]) -> None:
        now = datetime.now(UTC)
        await self.append(
            [structs.replace(m, source=self.source, received_at=now) for m in messages]
        )
        self.summary.appended += len(messages)


class ReplaySource:
    """A replay as a source of the service: its state is shown, a broken file does not stop it."""

    def __init__(self, replay: Replay) -> None:
        self.state = SourceState("replay")
        self._replay = replay

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Append the whole file, and return."""
        replay, state = self._replay, self.state
        replay.on_progress = self._show
        state.turn("connected", str(replay.path))
        task_status.started()
        try:
            await replay.run()
        except (ExportError, OSError) as error:
            is_away = isinstance(error, OSError)
            why = ReplayFileError(str(replay.path), cause(error)) if is_away else error
            state.turn("failed", str(why))
            log.error("replay failed: %s", why, extra={"action": "source.failed"})  # noqa: TRY400  # the file is at fault, not the code
            return
        state.turn("finished", str(replay.path))
        log.info(
            "replay of %s finished: %d messages, %d skipped",
            replay.path,
            replay.summary.appended,
            state.skipped,
            extra={"action": "source.finished", "received": replay.summary.appended},
        )

    def _show(self, progress: Progress) -> None:
        self.state.note_received(progress.summary.appended - self.state.received)
        self.state.skipped = progress.summary.skipped.total()


class _Chunk(NamedTuple):
    messages: list[Message]
    skipped: list[Skipped]
    fault: ExportError | None


def _read(entries: Iterator[Entry], count: int) -> _Chunk | None:
    """The next `count` entries, and the break if one comes first; None at the end.

    Runs in a worker thread: parsing must not hold up the event loop.
    """
    found: list[Entry] = []
    fault = None
    try:
        # What came before the break stays in the list.
        found.extend(islice(entries, count))
    except ExportError as error:
        fault = error
    messages = [entry for entry in found if isinstance(entry, Message)]
    skipped = [entry for entry in found if isinstance(entry, Skipped)]
    return _Chunk(messages, skipped, fault) if found or fault else None
