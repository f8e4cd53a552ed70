"""A backup: a folder that is there whole or not at all, and how many of them are kept."""

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec

from contracts.version import current
from gateway_outbox.settings import Settings as GatewaySettings
from ingest_api.settings import Settings as ApiSettings
from ops import backup_manifest
from ops.backup_database import BackupDatabase
from ops.backup_manifest import DatabaseFact, Manifest, OutboxFact
from ops.outbox_reader import open_reader
from ops.sqlite_outbox_copy import copy_sqlite

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


def make(places: Places, folder: Path, environ: Mapping[str, str]) -> Path:
    """Back up what is there, beside a running gateway and API; returns the backup's folder.

    Raises click.ClickException or GatewayError, and then leaves nothing behind.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = folder / f".unfinished-{os.getpid()}"
        unfinished.mkdir(mode=0o700)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror}") from error
    try:
        manifest = _fill(places, unfinished, environ)
        backup_manifest.write(unfinished, manifest)
        done = _free_name(folder)
        unfinished.rename(done)
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


def _fill(places: Places, folder: Path, environ: Mapping[str, str]) -> Manifest:
    outbox = _copy_outbox(places.outbox, folder / OUTBOX)
    _copy_sessions(places.sessions, folder / SESSIONS)
    if places.channels.is_file():
        _copy_file(places.channels, folder / CHANNELS)
    database: DatabaseFact | None = None
    if places.database:
        database = places.database.dump(folder / DATABASE)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return Manifest(
        program=current(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={str(path.relative_to(folder)): backup_manifest.fact_of(path) for path in files},
        variables=_variables(environ),
        outbox=outbox,
        database=database,
    )


def _copy_outbox(source: Path, target: Path) -> OutboxFact | None:
    if not source.is_file():
        return None
    copy_sqlite(source, target)
    return outbox_fact(target)


def outbox_fact(path: Path) -> OutboxFact:
    """The counts of an outbox that is sound. Raises click.ClickException for one that is not."""
    with open_reader(path) as reader:
        if faults := reader.faults():
            raise click.ClickException(f"outbox {path} is not sound: {'; '.join(faults)}")
        fact = OutboxFact(reader.states())
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return fact


def _copy_sessions(source: Path, target: Path) -> None:
    """The session itself; its copies and locks belong to the running place."""
    found = sorted(source.glob("*.session")) if source.is_dir() else []
    for path in (each for each in found if each.stat().st_size):
        target.mkdir(mode=0o700, exist_ok=True)
        copy_sqlite(path, target / path.name)


def _copy_file(source: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(source.read_bytes())
        stream.flush()
        os.fsync(stream.fileno())


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
    with suppress(OSError):  # a file system that cannot sync folders keeps the name all the same
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    return path
