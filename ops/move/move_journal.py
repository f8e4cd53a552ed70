"""What a move has done so far, on disk before it goes on: so it can be resumed, and undone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import click
import msgspec

from gateway_outbox import lock_file
from gateway_outbox.lock_file import LockHeldError
from gateway_outbox.whole_file import replaced

State = Literal["begun", "done", "undone"]


class Entry(msgspec.Struct):
    """One step: `facts` are what undoing it needs. Nothing in it is secret."""

    state: State
    at: str
    facts: dict[str, Any] = {}


class Journal(msgspec.Struct):
    """The steps of one move by name. Open it with `opened`."""

    path: str
    steps: dict[str, Entry] = {}

    @classmethod
    def read(cls, path: Path) -> Self:
        """What is on disk; a move that never began has no steps.

        Raises click.ClickException for a file that is not ours.
        """
        try:
            return cls(str(path), msgspec.json.decode(path.read_bytes(), type=dict[str, Entry]))
        except FileNotFoundError:
            return cls(str(path))
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror}") from error
        except msgspec.MsgspecError as error:
            raise click.ClickException(
                f"{path} is damaged ({error}); it says what a rollback has to undo, so look at it"
                " before you move it away"
            ) from error

    def state(self, step: str) -> State | None:
        """How far a step is; None when it was never begun."""
        entry = self.steps.get(step)
        return entry.state if entry else None

    def facts(self, step: str) -> dict[str, Any]:
        """What was noted for a step."""
        entry = self.steps.get(step)
        return dict(entry.facts) if entry else {}

    def note(self, step: str, state: State, **facts: Any) -> None:
        """Note a step's state, and facts beside those that are there; on disk when it returns."""
        known = {} if self.state(step) == "undone" else self.facts(step)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self.steps[step] = Entry(state, at, known | facts)
        with replaced(Path(self.path)) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(self.steps), indent=2))


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    """The journal, for one process at a time. Raises click.ClickException."""
    try:
        with lock_file.hold(path.with_name(path.name + ".lock"), str(os.getpid()).encode()):
            yield Journal.read(path)
    except LockHeldError as error:
        raise click.ClickException(
            f"another move is running (pid {error.told.decode(errors='replace') or 'unknown'})"
        ) from error
