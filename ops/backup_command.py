"""`tpcapital backup` and `tpcapital restore`."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click

from ops import backup as backups
from ops import backup_manifest, backup_restore
from ops.backup import Places
from ops.backup_database import BackupDatabase
from ops.db import database_settings
from ops.rendering import Facts, Sheet, Size, show

F = TypeVar("F", bound=Callable[..., Any])
_PARTS = (
    ("--channels", "CHANNELS_FILE", "channels.toml", "The channels file (CHANNELS_FILE)."),
    ("--session", "SESSION_DIR", ".session", "The session's folder (SESSION_DIR)."),
    ("--outbox", "OUTBOX_PATH", "data/outbox.sqlite3", "The outbox file (OUTBOX_PATH)."),
)


def _at_places(function: F) -> F:
    """Where the parts are, and what to leave out."""
    kind = click.Path(path_type=Path)
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--no-database", is_flag=True, help="Leave the database out."),
        *(
            click.option(name, envvar=env, default=default, show_default=True, type=kind, help=told)
            for name, env, default, told in _PARTS
        ),
    ):
        function = option(function)
    return function


def _places(given: dict[str, Any]) -> Places:
    database = None if given["no_database"] else BackupDatabase(database_settings())
    return Places(given["outbox"], given["session"], given["channels"], database)


@click.command(short_help="Back up outbox, session, channels and database.")
@click.option(
    "--to",
    "folder",
    envvar="BACKUP_DIR",
    default="backups",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of backups (BACKUP_DIR).",
)
@click.option("--keep", type=click.IntRange(1), help="Remove the oldest backups beyond so many.")
@_at_places
def backup(folder: Path, keep: int | None, *, as_json: bool, **given: Any) -> None:
    """Back up outbox, session, channels file and database, while all is running.

    A backup is a folder with a manifest of checksums and counts; of settings it holds the names
    only. All files have mode 0600. Keep it as safe as the session: who has it is the account.
    """
    done = backups.make(_places(given), folder, os.environ)
    gone = backups.rotate(folder, keep) if keep else []
    manifest = backup_manifest.read(done)
    document = {
        "backup": str(done),
        "removed": [str(each) for each in gone],
        "outbox": manifest.outbox.states if manifest.outbox else None,
        "rows": _rows(manifest),
        "files": {name: fact.bytes for name, fact in manifest.files.items()},
    }
    files = [(name, Size(fact.bytes), fact.sha256) for name, fact in manifest.files.items()]
    facts = {"backup": str(done), "removed": len(gone), "rows": _total(manifest)}
    sheet = Sheet("files", ("file", "bytes", "sha256"), files)
    show(document, Facts("backup", facts), sheet, as_json=as_json)


@click.command(short_help="Restore a backup, or check that it can be.")
@click.argument("path", metavar="BACKUP", type=click.Path(path_type=Path, exists=True))
@click.option("--check", is_flag=True, help="Restore into scratch places and compare only.")
@_at_places
def restore(path: Path, *, check: bool, as_json: bool, **given: Any) -> None:
    """Put a backup in place, or with --check only into scratch places.

    Everything is checked before anything changes. What is replaced is kept as a restore point: the
    files in a folder beside the outbox, the database under another name. When a step fails, all is
    as it was. Stop gateway and API first; run `tpcapital db roles` after.
    """
    places = _places(given)
    with TemporaryDirectory(prefix="tpcapital-restore-") as scratch:
        if check:
            manifest = backup_restore.check(path, places, Path(scratch))
            document: dict[str, Any] = {
                "backup": str(path),
                "created_at": manifest.created_at,
                "sound": True,
                "rows": _rows(manifest),
            }
            facts = document | {"rows": _total(manifest)}
            show(document, Facts("restore --check", facts), as_json=as_json)
            return
        done = backup_restore.restore(path, places, Path(scratch))._asdict()
    show(done, Facts("restore", done | {"files": ", ".join(done["files"])}), as_json=as_json)


def _rows(manifest: backup_manifest.Manifest) -> dict[str, int] | None:
    database = manifest.database
    return {name: fact.rows for name, fact in database.tables.items()} if database else None


def _total(manifest: backup_manifest.Manifest) -> int | None:
    rows = _rows(manifest)
    return sum(rows.values()) if rows is not None else None
