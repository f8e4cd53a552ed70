"""pg_dump and pg_restore of a version that fits the server; passwords only in their environment."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, Any

import click

from ops.embedded_postgres import EmbeddedPostgresError, binaries


class Tools:
    """The programs of one version. Raises click.ClickException when none fits."""

    def __init__(self, server: int) -> None:
        """`server` is the server's major version: a program may be newer, never older."""
        fitting = [(major, folder) for major, folder in _installed() if major >= server]
        if not fitting:
            raise click.ClickException(
                f"no pg_dump for PostgreSQL {server} was found; install postgresql-client-{server}"
                " or the extra 'embedded'"
            )
        self._folder = min(fitting)[1]

    def dump(
        self, place: Mapping[str, Any], snapshot: str, take: Callable[[IO[bytes]], None]
    ) -> None:
        """Dump the whole database as of an exported snapshot, into `take`, which reads it.

        Raises click.ClickException.
        """
        command = [str(self._folder / "pg_dump"), "--format=custom", f"--snapshot={snapshot}"]
        with TemporaryFile() as said:
            environ = _environment(place)
            with Popen(command, stdout=PIPE, stderr=said, env=environ) as process:
                if process.stdout:
                    take(process.stdout)
            if process.returncode:
                said.seek(0)
                raise _failed("pg_dump", said.read().decode(errors="replace"))

    def restore(self, place: Mapping[str, Any], dump: Path, without: set[str]) -> None:
        """Restore into an empty database, serially: TimescaleDB's catalog wants its order.

        `without` are entries that are there already, such as `SCHEMA - tp_capital`.
        Raises click.ClickException with the first error.
        """
        listed = self._run("pg_restore", "--list", str(dump)).splitlines()
        kept = [line for line in listed if not any(f" {entry} " in line for entry in without)]
        with NamedTemporaryFile("w", suffix=".list", encoding="utf-8") as contents:
            contents.write("\n".join(kept))
            contents.flush()
            options = ["--no-owner", "--no-privileges", "--exit-on-error"]
            options += [f"--use-list={contents.name}", f"--dbname=dbname={place['dbname']}"]
            self._run("pg_restore", *options, str(dump), place=place)

    def _run(self, program: str, *arguments: str, place: Mapping[str, Any] | None = None) -> str:
        command = [str(self._folder / program), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=_environment(place or {})
        )
        if done.returncode:
            raise _failed(program, done.stderr)
        return done.stdout


def _failed(program: str, said: str) -> click.ClickException:
    """Its first error line, which is the cause."""
    lines = [line for line in said.splitlines() if "error" in line.lower()]
    return click.ClickException(f"{program}: {(lines or said.splitlines() or ['no reason'])[0]}")


def _environment(place: Mapping[str, Any]) -> dict[str, str]:
    """Libpq's variables for a place; arguments could be read by everybody."""
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "passfile": "PGPASSFILE",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
    }
    given = {names[key]: str(value) for key, value in place.items() if key in names}
    return dict(os.environ) | {"LC_ALL": "C"} | given


def _installed() -> Iterator[tuple[int, Path]]:
    """Each version that is here with its folder."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if found := shutil.which("pg_dump"):
        folders.append(Path(found).parent)
    with suppress(EmbeddedPostgresError):  # the wheel is an extra; the system's serve as well
        folders.append(binaries())
    for folder in folders:
        if (major := _major(folder / "pg_dump")) and (folder / "pg_restore").is_file():
            yield major, folder


def _major(program: Path) -> int | None:
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True
        ).stdout
        return int(said.split()[2].partition(".")[0])
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return None
