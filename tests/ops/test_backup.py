"""`tpcapital backup` and `restore`: whole or not at all, beside what is running."""

import json
import os
import stat
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gateway_outbox.outbox import outbox_lock
from gateway_outbox.session.session_file import hold_session
from tests.beside import beside
from tests.ops.backup_site import Site, drop, store
from tests.ops.started_programs import started_programs
from tests.running_gateway import gateway_process


def test_a_backup_holds_everything_and_no_secret(site: Site) -> None:
    """Modes, checksums, counts; of settings the names only."""
    backup = site.backup()
    manifest = json.loads((backup / "manifest.json").read_text(encoding="utf-8"))
    assert sorted(manifest["files"]) == [
        "channels.toml",
        "database.dump",
        "outbox.sqlite3",
        "session/gateway.session",
    ]
    assert manifest["outbox"]["states"]["pending"] == 3
    assert manifest["database"]["tables"]["messages"] == {"rows": 20, "newest_id": 20}
    assert manifest["database"]["tables"]["tp_capital_signals"]["rows"] == 10
    assert "API_SECRET_TOKEN" in manifest["variables"]
    for path in backup.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        if path.is_file():
            assert b"a-secret-of-the-gateway" not in path.read_bytes()


def test_no_program_is_started_with_a_secret(site: Site) -> None:
    """The process list shows pg_dump and pg_restore, and neither password nor token."""
    password = str(conninfo_to_dict(site.dsn)["password"])
    with started_programs() as started:
        backup = site.backup()
        site.document("restore", "--check", str(backup))
    text = "\n".join(started)
    assert "pg_dump" in text
    assert "pg_restore" in text
    for secret in (password, site.environ["API_SECRET_TOKEN"]):
        assert secret not in text
        assert secret not in str(backup)


def test_a_backup_can_be_checked(site: Site) -> None:
    """It is restored into a scratch database, which is gone afterwards; nothing has changed."""
    backup = site.backup()
    store(site.dsn, 100, 5)
    found = site.document("restore", "--check", str(backup))
    assert found["sound"]
    assert found["rows"]["messages"] == 20
    assert site.databases() == []
    assert site.count() == 25


def test_a_backup_beside_a_running_gateway_and_writers(site: Site) -> None:
    """Nothing is missing that was there before it began, and the counts are the dump's own."""

    def write(stop: threading.Event) -> None:
        first = 1000
        while not stop.is_set():
            store(site.dsn, first, 50)
            first += 50

    with gateway_process(site.outbox) as gateway:
        with beside(write):
            before = site.delivered()
            backup = site.backup()
        assert gateway.stop() == 0
    found = site.document("restore", "--check", str(backup))
    stored = sum(kind == "message" for kind, *_ in before)
    assert stored <= found["rows"]["messages"] <= site.count()
    done = site.document("restore", str(backup))
    try:
        assert before <= site.delivered()
        assert site.states()["pending"] == 3
    finally:
        drop(site, done["database_before"])


def test_a_restore_brings_everything_back(site: Site) -> None:
    """What was there before is kept: files in a folder, the database under another name."""
    backup, states = site.backup(), site.states()
    store(site.dsn, 100, 5)
    site.channels.write_text("# later\n", encoding="utf-8")
    site.session.unlink()
    assert site.run("outbox", "discard", "3", "--reason", "later").exit_code == 0
    done = site.document("restore", str(backup))
    assert site.count() == 20
    assert site.states() == states
    assert site.channels.read_text(encoding="utf-8") == "# ours\n"
    assert site.session.is_file()
    assert site.run("outbox", "verify").exit_code == 0
    kept = Path(done["restore_point"])
    assert (kept / "channels.toml").read_text(encoding="utf-8") == "# later\n"
    assert site.databases() == [done["database_before"]]
    try:
        other = make_conninfo(site.dsn, dbname=done["database_before"])
        with psycopg.connect(other) as connection:
            row = connection.execute("select count(*) from tp_capital.messages").fetchone()
        assert row == (25,)
    finally:
        drop(site, done["database_before"])
    verify = site.run("db", "verify")
    assert verify.exit_code == 0, verify.output


def test_a_restored_database_goes_on(site: Site) -> None:
    """New messages are stored, known ones known again, and the feed sees all signals."""
    backup = site.backup()
    done = site.document("restore", str(backup))
    try:
        store(site.dsn, 1, 30)
        assert site.count() == 30
        last = (
            "select count(*) from tp_capital.tp_capital_signals where changed_xid::text::bigint > 0"
        )
        assert site.rows(last) == [(15,)]
    finally:
        drop(site, done["database_before"])


def test_a_restore_that_fails_leaves_everything_as_it_was(site: Site) -> None:
    """Somebody is still connected to the database: the files go back too."""
    backup = site.backup()
    site.channels.write_text("# later\n", encoding="utf-8")
    with psycopg.connect(site.dsn) as connection:
        connection.execute("select 1")
        result = site.run("restore", str(backup))
    assert result.exit_code == 1
    assert "is in use" in result.stderr
    assert "Stop the API" in result.stderr
    assert site.channels.read_text(encoding="utf-8") == "# later\n"
    assert site.states()["pending"] == 3
    assert site.count() == 20
    assert site.databases() == []
    assert not list(site.outbox.parent.glob("restore-point-*"))


def test_a_restore_beside_a_running_gateway_is_refused(site: Site) -> None:
    """It holds the outbox."""
    backup = site.backup()
    with outbox_lock.hold(site.outbox):
        result = site.run("restore", str(backup))
    assert result.exit_code == 1
    assert "is in use" in result.stderr or "holds" in result.stderr or "running" in result.stderr


def test_a_restore_beside_a_login_is_refused(site: Site) -> None:
    """Who has the session is named; its file is not pulled away from under it."""
    backup = site.backup()
    with hold_session(site.session):
        result = site.run("restore", str(backup))
    assert result.exit_code == 1
    assert f"already running, pid {os.getpid()}: session" in result.stderr


@pytest.mark.parametrize("name", ["outbox.sqlite3", "database.dump", "channels.toml"])
def test_a_damaged_backup_is_refused(site: Site, name: str) -> None:
    """One bit is enough; a missing file too."""
    backup = site.backup()
    data = bytearray((backup / name).read_bytes())
    data[len(data) // 2] ^= 1
    (backup / name).write_bytes(data)
    result = site.run("restore", "--check", str(backup))
    assert result.exit_code == 1
    assert f"{name} does not match its SHA-256" in result.stderr
    (backup / name).unlink()
    assert f"{name} is missing" in site.run("restore", str(backup)).stderr


@pytest.mark.parametrize(
    "name", ["../channels.toml", "/etc/hostname", "session/../../channels.toml"]
)
def test_a_manifest_that_names_a_file_elsewhere_is_refused(site: Site, name: str) -> None:
    """Nothing outside of the backup's folder is read as a part of it, nor put in place."""
    backup = site.backup()
    path = backup / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][name] = manifest["files"]["channels.toml"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    result = site.run("restore", "--check", str(backup))
    assert (result.exit_code, f"{name} lies outside of it" in result.stderr) == (1, True)


def test_the_oldest_backups_go(site: Site) -> None:
    """--keep N; what is no backup of ours stays."""
    (site.backups / "mine").mkdir(parents=True)
    first = site.document("backup", "--no-database")
    second = site.document("backup", "--no-database")
    third = site.document("backup", "--no-database", "--keep", "2")
    assert third["removed"] == [first["backup"]]
    left = sorted(path.name for path in site.backups.iterdir())
    assert left == sorted(["mine", Path(second["backup"]).name, Path(third["backup"]).name])


@pytest.mark.parametrize("option", ["--outbox", "--session-dir", "--channels-file"])
def test_a_part_that_was_named_must_be_there(site: Site, tmp_path: Path, option: str) -> None:
    """A word that was mistyped must not pass for a backup."""
    missing = tmp_path / "missing"
    result = site.run("backup", "--no-database", option, str(missing))
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': there is no file {missing}" in result.stderr
    assert not site.backups.exists()


def test_a_part_that_is_not_there_yet_is_told(site: Site) -> None:
    """No login yet is no reason to back nothing up; what its settings name may come later."""
    site.session.unlink()
    result = site.run("backup", "--no-database")
    assert result.exit_code == 0
    assert f"left out, for there is no file {site.session}" in result.stderr


def test_a_backup_of_nothing_is_none(site: Site) -> None:
    """It would count as one, and with --keep take the place of a good one."""
    good = site.document("backup", "--no-database")["backup"]
    for path in (site.session, site.channels, site.outbox):
        path.unlink()
    result = site.run("backup", "--no-database", "--keep", "1")
    assert result.exit_code == 1
    assert "there is nothing to back up" in result.stderr
    assert str(site.outbox) in result.stderr
    assert [str(path) for path in site.backups.iterdir()] == [good]


def test_a_backup_that_fails_leaves_nothing(site: Site) -> None:
    """The database is away."""
    site.environ["TIMESCALEDB_URL"] = "postgresql://u:hidden-word@127.0.0.1:1/x"
    result = site.run("backup")
    assert result.exit_code == 1
    assert "hidden-word" not in result.output
    assert list(site.backups.iterdir()) == []
