"""`tpcapital migrate-from-monolith`: planned, refused, done, killed, gone on with, undone."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway_outbox.session_backup import inspect
from tests.gateway_outbox.session_files import key_of, write_session
from tests.ops import old_databases
from tests.ops.old_home import API_HASH, KEY, OldHome, gramjs, old_process
from tests.ops.old_shapes import WORKING
from tests.ops.started_programs import started_programs

ALL = ["backup", "configuration", "tokens", "session", "retire", "adopt", "start", "probe"]


@pytest.fixture
def old(tmp_path: Path, empty_database: str) -> Iterator[OldHome]:
    """An old installation whose database is empty."""
    found = OldHome(tmp_path, empty_database)
    try:
        yield found
    finally:
        found.stop()


def everything(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with what is in it."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    """What the database says."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_the_plan_shows_all_and_changes_nothing(old: OldHome) -> None:
    """Names and places; no secret, no folder made."""
    before = everything(old.folder)
    done = old.run("--json")
    assert done.returncode == 0, done.stderr + done.stdout
    assert everything(old.folder) == before
    assert not old.new.exists()
    for name in ALL:
        assert f'"name": "{name}"' in done.stdout
    assert "NODE_ENV" in done.stdout
    for secret in (API_HASH, old.variables["TELEGRAM_SESSION"], old.dsn):
        assert secret not in done.stdout + done.stderr


def test_an_old_program_that_runs_is_refused(old: OldHome, tmp_path: Path) -> None:
    """By its pid, its folder, the session that it has open, its unit, its port."""
    session = old.home / ".session" / "old.session"
    write_session(session)
    with old_process(old.home) as pid:
        found = old.run("--run", "--old-pid", str(pid))
        assert (found.returncode, f"pid {pid}" in found.stderr) == (1, True)
        assert "nothing was changed" in found.stderr
        assert f"runs in {old.home}" in found.stderr
    with old_process(old.home, opened=session) as pid:
        found = old.run("--run")
        assert f"pid {pid}" in found.stderr
        assert "has the old session open" in found.stderr
    (old.units / "old.pid").write_text("1")
    found = old.run("--run", "--old-unit", "old")
    (old.units / "old.pid").unlink()
    assert "unit old is active. Type: systemctl disable --now old" in found.stderr
    assert old.states() == {}
    assert key_of(session) == b"k" * 256
    assert not (tmp_path / "new" / "etc").exists()


def test_it_is_moved_and_moved_back(old: OldHome) -> None:
    """Each part arrives with its mode; a rollback leaves the old one as it was."""
    before = everything(old.home)
    (old.units / "old.enabled").touch()
    done = moved(old)
    assert (done["done"], list(old.states().values())) == (ALL, ["done"] * len(ALL))
    session = old.new / "state" / "session" / "gateway.session"
    assert key_of(session) == KEY
    assert inspect(session).dc == "2@127.0.0.1:1"
    etc = old.new / "etc"
    for path in (session, *etc.glob("*.env"), *(etc / "credentials").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert API_HASH not in (etc / "gateway.env").read_text(encoding="utf-8")
    tokens = {
        (etc / "credentials" / f"{name}_secret_token").read_text() for name in ("api", "gateway")
    }
    assert len(tokens) == 1
    assert "change_me" not in tokens.pop()
    assert not old.env.exists()
    assert not (old.units / "old.enabled").exists()
    assert rows(old.dsn, "select channel_id, kind from tp_capital.messages") == [
        (-1, "not_a_signal")
    ]
    probe = next(step for step in done["steps"] if step["name"] == "probe")
    assert (probe["facts"]["delivered_seconds"] < 30, probe["facts"]["gateway"]) == (
        True,
        "degraded",
    )
    assert old.document("--run", "--old-unit", "old")["done"] == []
    undone = old.document("--rollback", "--old-unit", "old")
    assert [each["name"] for each in undone["rolled_back"]] == ALL[::-1]
    assert everything(old.home) == before
    assert (old.units / "old.enabled").exists()
    assert not list(old.units.glob("*.pid"))
    assert not session.exists()
    assert not list(etc.glob("*.env"))
    assert rows(old.dsn, "select to_regclass('tp_capital.messages')::text") == [(None,)]
    drop_copies(old.dsn)


def moved(old: OldHome) -> Any:
    """What a move says, whose programs carry no secret in their arguments."""
    with started_programs() as started:
        done = old.document("--run", "--old-unit", "old")
    for secret in (API_HASH, old.variables["TELEGRAM_SESSION"]):
        assert secret not in "\n".join(started)
    return done


def drop_copies(dsn: str) -> None:
    """Drop the database that a rollback kept."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        like = f"{connection.info.dbname}_moved_%"
        found = connection.execute("select datname from pg_database where datname like %s", (like,))
        for (name,) in found.fetchall():
            connection.execute(f'drop database "{name}" with (force)'.encode())


def test_a_session_that_is_none_is_refused_before_anything(old: OldHome) -> None:
    """Its content is not repeated; two files that may be it are a person's to tell apart."""
    old.variables["TELEGRAM_SESSION"] = gramjs()[:200]
    old.write_env()
    found = old.run("--run")
    assert "TELEGRAM_SESSION is no string session" in found.stderr
    assert gramjs()[:50] not in found.stderr
    folder = old.home / ".session"
    write_session(folder / "one.session")
    write_session(folder / "two.session", key=KEY)
    assert "name it with --old-session" in old.run("--run").stderr
    assert old.states() == {}


def test_settings_that_a_service_would_refuse_are_told_before(old: OldHome) -> None:
    """In its own words, with the value of no secret."""
    old.variables |= {"RELAY_LANES": "99", "TELEGRAM_INGESTION_BOT_TOKEN": "torn-bot-token"}
    old.write_env()
    done = old.run()
    assert done.returncode == 1
    assert "RELAY_LANES" in done.stdout
    assert "torn-bot-token" not in done.stdout + done.stderr


def test_the_gateway_takes_the_token_of_the_container(old: OldHome) -> None:
    """With --compose its secret is the token; without one it is said how to make it."""
    compose = old.folder / "compose" / "compose.yaml"
    compose.parent.mkdir()
    compose.write_text("services: {}\n", encoding="utf-8")
    words = ("--compose", str(compose), "--no-database")
    assert "make-secrets" in old.run("--run", *words).stderr
    token = "of-the-container-0123456789abcdef"
    (compose.parent / "secrets").mkdir()
    (compose.parent / "secrets" / "gateway_token").write_text(token, encoding="utf-8")
    old.write_docker("echo no daemon here >&2; exit 1")
    done = old.run("--run", *words)
    assert done.returncode == 1
    assert "step start: docker compose" in done.stderr
    assert "no daemon here" in done.stderr
    assert "--rollback" in done.stderr
    path = old.new / "etc" / "credentials" / "api_secret_token"
    assert path.read_text(encoding="utf-8").strip() == token
    assert old.states()["start"] == "begun"


@pytest.mark.long
@pytest.mark.timeout(300)  # some 40 s alone: a dozen processes, and an adoption in pieces
def test_killed_between_and_inside_its_steps_it_ends_alike(old: OldHome) -> None:
    """With 10,000 rows of each old table: kill -9 five times, then to the end, then back."""
    old_databases.build(old.dsn, WORKING)
    count = "select count(*), sum(stop) from signals.tp_capital_signals"
    before = rows(old.dsn, count)
    for step in ("backup", "session", "retire", "adopt", "start"):
        old.killed_when(step, "begun")
    done = old.document("--run")
    assert list(old.states().values()) == ["done"] * len(ALL)
    assert key_of(old.new / "state" / "session" / "gateway.session") == KEY
    (report,) = rows(old.dsn, "select count(*) from tp_capital.adopted_rows")
    adopted = next(step["facts"]["tables"] for step in done["steps"] if step["name"] == "adopt")
    assert report == (sum(table["rows"] for table in adopted),)
    assert report >= (2 * old_databases.ROWS,)
    assert old.run("--rollback").returncode == 0
    assert rows(old.dsn, count) == before
    assert old.env.exists()
    drop_copies(old.dsn)
