"""`tpcapital backup` and `tpcapital restore`."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from gateway_outbox.control import backup_marks
from ops.backup import backup as backups
from ops.backup import backup_grants, backup_manifest, backup_restore, backup_seal
from ops.backup.backup import Places
from ops.backup.backup_database import BackupDatabase
from ops.backup.backup_grants import USUAL
from ops.backup.backup_manifest import Manifest
from ops.db.db import database_settings
from ops.file_path import FilePath
from ops.number import WholeNumber
from ops.rendering import Facts, Sheet, Size, json_option, show

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_PARTS = (
    (
        *("--channels-file", "CHANNELS_FILE", "channels.toml"),
        "The declared channels (CHANNELS_FILE).",
        FilePath(),
    ),
    (
        *("--session-dir", "SESSION_DIR", ".session", "The session's folder (SESSION_DIR)."),
        click.Path(path_type=Path),
    ),
    (
        *("--outbox", "OUTBOX_PATH", "data/outbox.sqlite3", "The outbox file (OUTBOX_PATH)."),
        FilePath(),
    ),
)


def _at_places(function: F) -> F:
    """Where the parts are, and what to leave out."""
    for option in (
        json_option,
        click.option("--no-database", is_flag=True, help="Leave the database out."),
        *(
            click.option(name, envvar=env, default=default, show_default=True, type=kind, help=told)
            for name, env, default, told, kind in _PARTS
        ),
    ):
        function = option(function)
    return function


def _places(given: dict[str, Any]) -> Places:
    database = None if given["no_database"] else BackupDatabase(database_settings())
    return Places(given["outbox"], given["session_dir"], given["channels_file"], database)


@click.command()
@click.option(
    "--to",
    "folder",
    envvar="BACKUP_DIR",
    default="backups",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of backups (BACKUP_DIR).",
)
@click.option("--keep", type=WholeNumber(1), help="Remove the oldest backups beyond so many.")
@click.option(
    "--age-recipient",
    "keys",
    multiple=True,
    metavar="KEY",
    help="Encrypt every file for this public key (age1…); more than one may be given.",
)
@click.option(
    "--age-recipients-file",
    "key_files",
    envvar="BACKUP_AGE_RECIPIENTS_FILE",
    type=_FILE,
    help="The same, a key a line (BACKUP_AGE_RECIPIENTS_FILE).",
)
@_at_places
def backup(folder: Path, keep: int | None, *, as_json: bool, **given: Any) -> None:
    """Back up outbox, session, channels file and database, while all is running.

    A backup is a folder with a manifest of checksums and counts; of settings it holds the names
    only. All files have mode 0600. Keep it as safe as the session: who has it is the account.
    Encrypted, only the manifest can be read without the private key.
    """
    to = backup_seal.recipients(given["keys"], filter(None, [given["key_files"]]))
    places = _places(given)
    missing = _missing(places)
    done = backups.make(places, folder, os.environ, to)
    gone = backups.rotate(folder, keep) if keep else []
    manifest = backup_manifest.read(done)
    _note("backup", manifest, given)
    _tell_made(done, manifest, gone, as_json=as_json)
    for path in missing:
        click.echo(f"left out, for there is no file {path}", err=True)


@click.command()
@click.argument(
    "path", metavar="[BACKUP]", required=False, type=click.Path(path_type=Path, exists=True)
)
@click.option("--check", is_flag=True, help="Restore into scratch places and compare only.")
@click.option(
    "--from",
    "folder",
    envvar="BACKUP_DIR",
    default="backups",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder whose newest backup is checked when none is named (BACKUP_DIR).",
)
@click.option(
    "--age-identity",
    "key",
    envvar="BACKUP_AGE_IDENTITY_FILE",
    type=_FILE,
    help="The private keys of an encrypted backup (BACKUP_AGE_IDENTITY_FILE).",
)
@_at_places
def restore(
    path: Path | None, folder: Path, key: Path | None, *, check: bool, as_json: bool, **given: Any
) -> None:
    """Put a backup in place, or with --check only into scratch places.

    Everything is checked before anything changes. What is replaced is kept as a restore point: the
    files in a folder beside the outbox, the database under another name. When a step fails, all is
    as it was. Stop gateway and API first.

    A dump is restored without grants. Where the roles of `tpcapital db roles` are there under their
    usual names they get their rights anew; else run that command after it.
    """
    path = path or _newest(folder, check=check)
    places = _places(given)
    by = backup_seal.identities(key) if key else []
    with TemporaryDirectory(prefix="tpcapital-restore-") as scratch:
        if check:
            manifest = backup_restore.check(path, places, Path(scratch), by)
            _note("restore_drill", manifest, given)
            _tell_sound(path, manifest, as_json=as_json)
            return
        done = backup_restore.restore(path, places, Path(scratch), by)
    _tell_restored(done, as_json=as_json)


def _missing(places: Places) -> list[Path]:
    """The files that are not there. Raises click.BadParameter for one that was typed.

    One that a setting names may come later: with the first start, with the login.
    """
    parts = {
        "outbox": places.outbox,
        "session_dir": places.session,
        "channels_file": places.channels,
    }
    missing = {name: path for name, path in parts.items() if not path.is_file()}
    context = click.get_current_context()
    for name, path in missing.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = f"'--{name.replace('_', '-')}'"
            raise click.BadParameter(f"there is no file {path}", param_hint=option)
    return [*missing.values()]


def _tell_made(done: Path, manifest: Manifest, gone: list[Path], *, as_json: bool) -> None:
    """Say what a backup holds, and which older ones went for it."""
    document = {
        "backup": str(done),
        "removed": [str(each) for each in gone],
        "outbox": manifest.outbox.states if manifest.outbox else None,
        "rows": _rows(manifest),
        "recipients": manifest.recipients,
        "files": {name: fact.bytes for name, fact in manifest.files.items()},
    }
    files = [(name, Size(fact.bytes), fact.sha256) for name, fact in manifest.files.items()]
    facts = {"backup": str(done), "removed": len(gone), "rows": _total(manifest)}
    facts["encrypted to"] = ", ".join(manifest.recipients) or None
    sheet = Sheet("files", ("file", "bytes", "sha256"), files)
    show(document, Facts("backup", facts), sheet, as_json=as_json)


def _tell_sound(path: Path, manifest: Manifest, *, as_json: bool) -> None:
    """Say what a backup that was checked would bring back."""
    document: dict[str, Any] = {
        "backup": str(path),
        "created_at": manifest.created_at,
        "sound": True,
        "rows": _rows(manifest),
    }
    facts = document | {"rows": _total(manifest)}
    show(document, Facts("restore --check", facts), as_json=as_json)


def _tell_restored(done: backup_restore.Done, *, as_json: bool) -> None:
    """Say what was put where, and what is left to do."""
    granted = done.database is not None and backup_grants.grant(database_settings(), USUAL)
    document = done._asdict() | {"granted": granted}
    facts = Facts("restore", document | {"files": ", ".join(done.files)})
    show(document, facts, as_json=as_json)
    if done.database and not granted:
        click.echo(
            "the database has no grants yet: run `tpcapital db migrate`, then `tpcapital db roles`"
            " as one who may make roles; a setup with one user needs neither",
            err=True,
        )


def _newest(folder: Path, *, check: bool) -> Path:
    """The newest backup; to put one in place, a person has to name it."""
    if not check:
        raise click.UsageError(f"name the backup to restore, one of those in {folder}")
    found = backups.backups(folder) if folder.is_dir() else []
    if not found:
        raise click.ClickException(f"there is no backup in {folder}; make one: tpcapital backup")
    return found[-1]


def _note(kind: backup_marks.Kind, manifest: Manifest, given: dict[str, Any]) -> None:
    """Have the gateway of this outbox show it in its metrics; without its folder there is none."""
    outbox: Path = given["outbox"]
    if not outbox.parent.is_dir():
        return
    parts = {name.partition(".")[0].partition("/")[0] for name in manifest.files}
    if given["no_database"]:
        parts.discard("database")
    try:
        backup_marks.note(outbox, kind, sorted(parts), time.time())
    except OSError as error:
        raise click.ClickException(
            f"all is done, but {error.filename} cannot be written, so the gateway's metrics will"
            f" not show it: {error.strerror}"
        ) from error


def _rows(manifest: Manifest) -> dict[str, int] | None:
    database = manifest.database
    return {name: fact.rows for name, fact in database.tables.items()} if database else None


def _total(manifest: Manifest) -> int | None:
    rows = _rows(manifest)
    return sum(rows.values()) if rows is not None else None
