"""One step of a move: what it needs, does and undoes; and files that a step writes or renames."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import click

from gateway_outbox.whole_file import replaced
from ops.move_site import Site

Note = Callable[..., None]
Facts = dict[str, Any]
_KEPT = ".before-move"


class Step(Protocol):
    """A step can be repeated, also after it was killed at any point."""

    name: str

    def plan(self, site: Site) -> list[str]:
        """What it would do, a line each."""

    def problems(self, site: Site) -> list[str]:
        """What forbids it, a sentence each; asked before anything is changed."""

    def run(self, site: Site, facts: Facts, note: Note) -> None:
        """Do it. What undoing needs is noted before it is done. Raises click.ClickException."""

    def undo(self, site: Site, facts: Facts) -> list[str]:
        """Undo what the facts tell of; what a person should know of it, a line each."""


class Files:
    """Files that one step puts in place; what was there before is kept beside."""

    def __init__(self, facts: Facts, note: Note) -> None:
        self._kept: dict[str, str | None] = dict(facts.get("files", {}))
        self._note = note

    def write(self, path: Path, text: str) -> None:
        """Write a file, mode 0600, whole or not at all."""
        if str(path) not in self._kept:
            kept = path.with_name(path.name + _KEPT) if path.exists() else None
            self._kept[str(path)] = str(kept) if kept else None
            self._note(files=self._kept)
            if kept:
                _replace(kept, path.read_text(encoding="utf-8"))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, text)


def undo_files(facts: Facts) -> list[str]:
    """Every file as it was before `Files` wrote it."""
    said = []
    for name, kept in dict(facts.get("files", {})).items():
        path = Path(name)
        if kept is None:
            path.unlink(missing_ok=True)
            said.append(f"{path} removed")
        elif Path(kept).exists():
            Path(kept).replace(path)
            said.append(f"{path} as it was")
    return said


def _replace(path: Path, text: str) -> None:
    with replaced(path) as stream:
        stream.write(text.encode())


def run_program(*command: str) -> str:
    """What a program of the system prints. Raises click.ClickException when it fails or is away."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise click.ClickException(
            f"there is no {command[0]} here; do by hand what it was to do, then go on with --run:"
            f" {' '.join(command)}"
        ) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}")[-500:]
        raise click.ClickException(f"{' '.join(command)}: {said}")
    return done.stdout
