"""The old database is taken over by `tpcapital adopt`; undone by its dump from before."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ops.backup import backup_manifest
from ops.backup.backup import DATABASE
from ops.backup.backup_database import BackupDatabase
from ops.move.move_journal import Journal
from ops.move.move_site import Site
from ops.move.move_step import Facts, Note

_TPCAPITAL = (sys.executable, "-c", "from ops.cli import main; main()")


class Adopt:
    """Every row, with an account of every row; goes on where it was stopped."""

    name = "adopt"

    def plan(self, site: Site) -> list[str]:
        """In numbers `tpcapital adopt --dry-run` says it."""
        if site.no_database:
            return ["nothing: --no-database"]
        old = site.old_settings()
        where = f"into {site.new_database}" if site.new_database else "in place"
        name = BackupDatabase(old).name if old else "-"
        return [f"tpcapital adopt, database {name}, {where}; see its --dry-run for the numbers"]

    def problems(self, site: Site) -> list[str]:
        """Whether anything says where the database is."""
        try:
            site.old_settings()
            site.new_settings()
        except click.UsageError as error:
            return [f"{error.message} (or give --no-database)"]
        return []

    def run(self, site: Site, facts: Facts, note: Note) -> None:
        """Adopt; status 1 of it is a failure here too."""
        old = site.old_settings()
        if old is None:
            return
        in_place = site.new_database is None
        if in_place and not facts.get("in_place"):
            note(in_place=True)
        report = site.backups / "adopted.csv"
        words = ["adopt", "--json", "--report", str(report)]
        words += [word for pair in site.channels for word in ("--channel", pair)]
        words += [] if in_place else ["--to", str(site.new_database)]
        environ = os.environ | {
            "OLD_DATABASE_URL": old.conninfo(),
            "TIMESCALEDB_SCHEMA": old.timescaledb_schema,
        }
        done = subprocess.run(
            [*_TPCAPITAL, *words], env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = done.stderr.strip() or "a row is not accounted for"
            raise click.ClickException(f"tpcapital adopt: {said}")
        note(tables=json.loads(done.stdout)["tables"], report=str(report))

    def undo(self, site: Site, facts: Facts) -> list[str]:
        """The database of before the move under its name; what it became is kept beside."""
        settings = site.old_settings()
        if settings is None or not facts.get("in_place"):
            return ["the old database was not changed"]
        folder = Path(Journal.read(site.journal).facts("backup")["folder"])
        manifest = backup_manifest.read(folder)
        database = BackupDatabase(settings)
        aside = f"{database.name}_moved_{datetime.now(UTC):%Y%m%dt%H%M%S%fz}"
        if manifest.database is None:
            raise click.ClickException(f"{folder} holds no dump of the database")
        with database.restored(folder / DATABASE, manifest.database) as scratch:
            database.swap(scratch, aside)
        return [f"database {database.name} as it was; what it became is called {aside}"]
