"""What a backup holds: one file of names, sizes, checksums and counts, mode 0600."""

import hashlib
from pathlib import Path
from typing import Final

import click
import msgspec

from gateway_outbox.whole_file import new_file

NAME: Final = "manifest.json"
_CHUNK: Final = 1024 * 1024


class FileFact(msgspec.Struct, frozen=True):
    """A file of the backup by its size and SHA-256 (hexadecimal)."""

    bytes: int
    sha256: str


class TableFact(msgspec.Struct, frozen=True):
    """A table by its rows and, where it has one, its greatest id."""

    rows: int
    newest_id: int | None = None


class DatabaseFact(msgspec.Struct, frozen=True):
    """The database as it was dumped; counts are of the dump's own snapshot."""

    database: str
    schema: str
    postgresql: int
    timescaledb: str | None
    extension_schema: str | None
    tables: dict[str, TableFact]


class OutboxFact(msgspec.Struct, frozen=True):
    """The outbox's rows by state, of the copy."""

    states: dict[str, int]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole backup. `variables` are names only; `files` are relative to the backup.

    `recipients` are the public keys that each file is sealed for; without any it is plain.
    """

    version: int = 1
    program: str
    created_at: str
    files: dict[str, FileFact]
    variables: list[str]
    recipients: list[str] = []
    outbox: OutboxFact | None = None
    database: DatabaseFact | None = None


def fact_of(path: Path) -> FileFact:
    """A file's size and digest, read in pieces."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
    return FileFact(size, digest.hexdigest())


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, last of all files."""
    with new_file(folder / NAME) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def read(folder: Path) -> Manifest:
    """A backup's manifest, after every file of it was found whole.

    Raises click.ClickException with each file that is missing or has changed.
    """
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except OSError as error:
        raise click.ClickException(
            f"{folder} is no backup: {NAME} cannot be read ({error.strerror})"
        ) from error
    except msgspec.MsgspecError as error:
        raise click.ClickException(f"{folder / NAME} is damaged: {error}") from error
    faults = [_fault(folder, name, fact) for name, fact in manifest.files.items()]
    if faults := [fault for fault in faults if fault]:
        raise click.ClickException(
            f"the backup {folder} is damaged: {'; '.join(filter(None, faults))}"
        )
    return manifest


def _fault(folder: Path, name: str, fact: FileFact) -> str | None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        return f"{name} lies outside of it"
    if not path.is_file():
        return f"{name} is missing"
    return None if fact_of(path) == fact else f"{name} does not match its SHA-256"
