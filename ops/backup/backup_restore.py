"""Restoring a backup: checked as a whole before anything changes, undone as a whole when it fails.

Files that are replaced go to a folder of their own, the database stays under another name: together
they are the restore point.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from gateway_outbox.outbox import outbox_lock
from gateway_outbox.session import session_file
from gateway_outbox.whole_file import new_file
from ops.backup import backup_manifest
from ops.backup.backup import CHANNELS, DATABASE, OUTBOX, SESSIONS, Places, outbox_fact
from ops.backup.backup_folder import plain as plain_folder
from ops.backup.backup_folder import plain_names
from ops.backup.backup_manifest import Manifest
from ops.backup.backup_seal import Identity
from ops.backup.sqlite_outbox_copy import copy_sqlite


class Done(NamedTuple):
    """What a restore did: files in place, the folder of those replaced, the databases' names."""

    files: list[str]
    restore_point: str
    database: str | None
    database_before: str | None


def check(backup: Path, places: Places, scratch: Path, by: Sequence[Identity] = ()) -> Manifest:
    """Restore everything into scratch places and compare it with the manifest.

    `by` are the keys to a sealed backup. Raises click.ClickException with what differs.
    """
    manifest, plain = _read(backup, scratch, by)
    with _database(manifest, places, plain):
        return manifest


def restore(backup: Path, places: Places, scratch: Path, by: Sequence[Identity] = ()) -> Done:
    """Put the backup in the installation's place. Gateway and API must be stopped.

    Raises click.ClickException or AlreadyRunningError; then everything is as it was before.
    """
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    with _held(places):
        manifest, plain = _read(backup, scratch, by)
        point = places.outbox.parent / f"restore-point-{stamp}"
        with _database(manifest, places, plain) as name, _undone_on_failure(point) as moves:
            targets = _targets(plain_names(manifest), places)
            for source, target in targets:
                moves.replace(plain / source, target)
            aside = f"{places.database.name}_before_{stamp.lower()}" if places.database else None
            if name and places.database and aside:
                places.database.swap(name, aside)
        return Done(
            [str(target) for _source, target in targets],
            str(point),
            places.database.name if name and places.database else None,
            aside if name else None,
        )


@contextmanager
def _held(places: Places) -> Iterator[None]:
    """Nobody else has the outbox or the session. Raises AlreadyRunningError."""
    with outbox_lock.hold(places.outbox), ExitStack() as stack:
        if places.sessions.is_dir():
            # Also a gateway on another outbox, or a login, may have the session.
            stack.enter_context(session_file.hold_session(places.sessions / session_file.NAME))
        yield


def _read(backup: Path, scratch: Path, by: Sequence[Identity]) -> tuple[Manifest, Path]:
    """The manifest of a backup whose files are whole, and the folder of its plain files.

    Its outbox was found sound and as counted.
    """
    manifest = backup_manifest.read(backup)
    plain = plain_folder(backup, manifest, scratch, by)
    for name in plain_names(manifest):
        if name == OUTBOX or name.startswith(SESSIONS):
            copy = scratch / Path(name).name
            copy_sqlite(plain / name, copy)
            if name == OUTBOX and outbox_fact(copy) != manifest.outbox:
                raise click.ClickException(f"{backup / name} has other rows than its manifest says")
    return manifest, plain


def _database(
    manifest: Manifest, places: Places, plain: Path
) -> AbstractContextManager[str | None]:
    """The backup's database under a name of its own, where there is one and it is wanted."""
    if manifest.database and places.database:
        return places.database.restored(plain / DATABASE, manifest.database)
    return nullcontext()


def _targets(names: list[str], places: Places) -> list[tuple[str, Path]]:
    """Each file of the backup and its place."""
    targets = []
    for name in names:
        if name == OUTBOX:
            targets.append((name, places.outbox))
        elif name == CHANNELS:
            targets.append((name, places.channels))
        elif name.startswith(f"{SESSIONS}/"):
            targets.append((name, places.sessions / Path(name).name))
    return targets


class _Moves:
    """Replacements that can be undone, the last one first."""

    def __init__(self, point: Path) -> None:
        self._point = point
        self._kept: list[tuple[Path, Path]] = []
        self._new: list[Path] = []

    def replace(self, source: Path, target: Path) -> None:
        """Keep what is at `target`, with its SQLite log, and put a copy of `source` there."""
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm", "-journal"):
            part = target.with_name(target.name + suffix)
            if part.exists():
                self._point.mkdir(mode=0o700, exist_ok=True)
                kept = self._point / part.name
                shutil.move(part, kept)
                self._kept.append((part, kept))
        self._new.append(target)
        with new_file(target) as stream, source.open("rb") as original:
            shutil.copyfileobj(original, stream)

    def undo(self) -> None:
        """Everything as it was."""
        for target in self._new:
            target.unlink(missing_ok=True)
        for part, kept in reversed(self._kept):
            shutil.move(kept, part)
        if self._point.is_dir() and not any(self._point.iterdir()):
            self._point.rmdir()


@contextmanager
def _undone_on_failure(point: Path) -> Iterator[_Moves]:
    moves = _Moves(point)
    try:
        yield moves
    except OSError as error:
        moves.undo()
        raise click.ClickException(
            f"{error.filename}: {error.strerror}; all is as before"
        ) from error
    except BaseException:
        moves.undo()
        raise
