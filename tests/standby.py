"""A hot standby of an embedded server: a base backup that streams from it."""

import shutil
import subprocess
from pathlib import Path

import psycopg

from ops.embedded_postgres import EmbeddedPostgres, binaries
from tests.waiting import until


def standby_of(primary: EmbeddedPostgres, folder: Path) -> EmbeddedPostgres:
    """A standby in an empty folder, not started; its superuser's password is the primary's."""
    standby = EmbeddedPostgres(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    program = str(binaries() / "pg_basebackup")
    command = [program, "-d", primary.dsn, "-D", str(data), "-R", "-c", "fast"]
    subprocess.run(command, check=True, capture_output=True)
    shutil.copy(primary.folder / "password", folder / "password")
    owner = (primary.folder / "data").stat()
    for path in (data, *data.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)
    return standby


def until_replayed(primary: EmbeddedPostgres, standby: EmbeddedPostgres) -> None:
    """Wait until the standby has all that is committed on the primary now."""
    with psycopg.connect(primary.dsn) as connection:
        (place,) = connection.execute("select pg_current_wal_flush_lsn()::text").fetchone() or ("",)
    with psycopg.connect(standby.dsn, autocommit=True) as connection:
        query = "select pg_last_wal_replay_lsn() >= %s::pg_lsn"
        until(lambda: connection.execute(query, [place]).fetchone() == (True,))


def promote(standby: EmbeddedPostgres) -> None:
    """Make it a primary; returns when it is one."""
    with psycopg.connect(standby.dsn, autocommit=True) as connection:
        assert connection.execute("select pg_promote()").fetchone() == (True,)
