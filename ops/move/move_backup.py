"""Before anything is changed: a copy of the old settings, the old session and the old database."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shutil import rmtree

import click
import msgspec

from contracts.version import current
from ingest_api.settings import Settings
from ops.adopt.old_table import ADOPT
from ops.backup import backup_manifest
from ops.backup.backup import DATABASE
from ops.backup.backup_database import BackupDatabase
from ops.backup.backup_folder import BackupFolder
from ops.backup.backup_manifest import DatabaseFact, Manifest
from ops.db.db import connected
from ops.move.move_site import Site
from ops.move.move_step import Facts, Note

_ENV = "old.env"


class BackUp:
    """The phase "Pre-Migration" of the proposal. Its folder stays, also after a rollback."""

    name = "backup"

    def plan(self, site: Site) -> list[str]:
        """The parts."""
        dump = "" if site.no_database else ", a dump of the old database with its counts"
        return [f"{site.backups}/before-move-…: {site.env_file.name}, the session{dump}"]

    def problems(self, _site: Site) -> list[str]:
        """None that trying it would not tell."""
        return []

    def run(self, site: Site, facts: Facts, note: Note) -> None:
        """Make it; one that was not finished is made anew."""
        if (left := facts.get("folder")) and not (Path(left) / backup_manifest.NAME).exists():
            rmtree(left, ignore_errors=True)
        folder = site.backups / f"before-move-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        note(folder=str(folder))
        try:
            folder.mkdir(mode=0o700, parents=True)
            backup_manifest.write(folder, _fill(site, folder))
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error

    def undo(self, _site: Site, facts: Facts) -> list[str]:
        """It stays."""
        return [f"{facts.get('folder')} stays"]


def _counted(settings: Settings) -> Settings:
    """The settings with the schema of the old signals, whose tables are counted in the dump."""
    with connected(settings) as connection:
        rows = connection.execute(ADOPT["select_old_tables"]).fetchall()
    schemas = {row["schema"] for row in rows if row["name"] == "tp_capital_signals"}
    found = schemas.pop() if len(schemas) == 1 else settings.timescaledb_schema
    return msgspec.structs.replace(settings, timescaledb_schema=found)


def _fill(site: Site, folder: Path) -> Manifest:
    files = BackupFolder(folder, {})
    sources = {_ENV: site.env_file} | {
        f"session/{path.name}": path for path in site.session_sources()
    }
    for name, path in sources.items():
        with path.open("rb") as stream:
            files.take(name, stream)
    database: DatabaseFact | None = None
    if settings := site.old_settings():
        database = BackupDatabase(_counted(settings)).dump(partial(files.take, DATABASE))
    written = sorted(path for path in folder.rglob("*") if path.is_file())
    return Manifest(
        program=current(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={str(each.relative_to(folder)): backup_manifest.fact_of(each) for each in written},
        variables=sorted(site.old_variables),
        database=database,
    )
