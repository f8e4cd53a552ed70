"""A backup: a folder that is there whole or not at all, and how many of them are kept."""

import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec

from contracts.version import current
from gateway_outbox.session import session_backup, session_file
from gateway_outbox.settings import Settings as GatewaySettings
from gateway_outbox.whole_file import sync
from ingest_api.settings import Settings as ApiSettings
from ops.backup import backup_manifest
from ops.backup.backup_database import BackupDatabase
from ops.backup.backup_folder import BackupFolder
from ops.backup.backup_manifest import DatabaseFact, Manifest, OutboxFact
from ops.backup.backup_seal import Recipient
from ops.backup.sqlite_outbox_copy import copy_sqlite
from ops.outbox.outbox_reader import open_reader

_UNFINISHED: Final = ".unfinished-"
_NAME: Final = re.compile(r"tpcapital-\d{8}T\d{6}Z(-\d+)?")
OUTBOX: Final = "outbox.sqlite3"
CHANNELS: Final = "channels.toml"
DATABASE: Final = "database.dump"
SESSIONS: Final = "session"


class Places(NamedTuple):
    """Where the parts of an installation are; `database` None leaves it out."""

    outbox: Path
    sessions: Path
    channels: Path
    database: BackupDatabase | None

    @property
    def session(self) -> Path:
        """The session itself; its copies, its lock and a login belong to their host."""
        return self.sessions / session_file.NAME


def make(
    places: Places,
    folder: Path,
    environ: Mapping[str, str],
    recipients: Mapping[str, Recipient] | None = None,
) -> Path:
    """Back up what is there, beside a running gateway and API; returns the backup's folder.

    With `recipients` every file but the manifest is sealed for them. Raises click.ClickException
    or GatewayError, and then leaves nothing behind.
    """
    unfinished = _unfinished(folder)
    try:
        manifest = _fill(places, unfinished, environ, recipients or {})
        _ensure_any(manifest, places)
        backup_manifest.write(unfinished, manifest)
        done = _free_name(folder)
        unfinished.rename(done)
        sync(folder)
    except OSError as error:
        raise click.ClickException(f"{unfinished}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return done


def rotate(folder: Path, keep: int) -> list[Path]:
    """Remove the oldest backups beyond `keep`; returns those removed. Nothing else is touched."""
    found = backups(folder)
    gone = found[: max(0, len(found) - keep)]
    for each in gone:
        shutil.rmtree(each)
    return gone


def backups(folder: Path) -> list[Path]:
    """The finished backups of a folder, oldest first."""
    names = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(path for path in names if (path / backup_manifest.NAME).is_file())


def _unfinished(folder: Path) -> Path:
    """An empty folder in it, for the backup until it is whole."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder)
        unfinished = folder / f"{_UNFINISHED}{os.getpid()}"
        unfinished.mkdir(mode=0o700)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror}") from error
    return unfinished


def _sweep(folder: Path) -> None:
    """Remove what a backup that was killed left: it may hold a session in plain."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        pid = path.name.removeprefix(_UNFINISHED)
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(path, ignore_errors=True)


def _fill(
    places: Places, path: Path, environ: Mapping[str, str], recipients: Mapping[str, Recipient]
) -> Manifest:
    folder = BackupFolder(path, recipients)
    outbox = _copy_outbox(places.outbox, folder)
    _copy_session(places.session, folder)
    if places.channels.is_file():
        with places.channels.open("rb") as stream:
            folder.take(CHANNELS, stream)
    database: DatabaseFact | None = None
    if places.database:
        database = places.database.dump(partial(folder.take, DATABASE))
    files = sorted(each for each in path.rglob("*") if each.is_file())
    return Manifest(
        program=current(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={str(each.relative_to(path)): backup_manifest.fact_of(each) for each in files},
        recipients=list(recipients),
        variables=_variables(environ),
        outbox=outbox,
        database=database,
    )


def _ensure_any(manifest: Manifest, places: Places) -> None:
    if not manifest.files:
        raise click.ClickException(
            f"there is nothing to back up: neither {places.outbox} nor {places.session} nor"
            f" {places.channels}. Name what is elsewhere; see tpcapital backup --help"
        )


def _copy_outbox(source: Path, folder: BackupFolder) -> OutboxFact | None:
    if not source.is_file():
        return None
    with folder.file(OUTBOX) as target:
        copy_sqlite(source, target)
        return outbox_fact(target, source)


def outbox_fact(path: Path, origin: Path | None = None) -> OutboxFact:
    """The counts of an outbox, or of a copy of `origin`, that is sound.

    Raises click.ClickException for one that is not.
    """
    with open_reader(path) as reader:
        if faults := reader.faults():
            raise click.ClickException(f"outbox {origin or path} is not sound: {'; '.join(faults)}")
        fact = OutboxFact(reader.states())
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return fact


def _copy_session(source: Path, folder: BackupFolder) -> None:
    """If it is sound. Raises SessionUnusableError for one that no gateway could start with."""
    if source.is_file() and source.stat().st_size:
        with folder.file(f"{SESSIONS}/{source.name}") as target:
            session_backup.copy_to(source, target)


def _variables(environ: Mapping[str, str]) -> list[str]:
    """The names of our variables that are set; never a value."""
    fields = (*msgspec.structs.fields(GatewaySettings), *msgspec.structs.fields(ApiSettings))
    names = {field.name.upper() for field in fields}
    return sorted(name for name in environ if name.removesuffix("_FILE") in names or name in names)


def _free_name(folder: Path) -> Path:
    stamp = f"tpcapital-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number = 0
    while (path := folder / (f"{stamp}-{number}" if number else stamp)).exists():
        number += 1
    return path
