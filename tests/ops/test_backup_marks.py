"""What a backup and a restore leave behind them: marks for the metrics, and grants."""

import json
import os
import re
import stat
import time
import urllib.request

import psycopg

from gateway_outbox.control.backup_marks import path_of
from ops.backup.backup_grants import grant
from ops.db.db_roles import Roles
from tests.ops.backup_site import Site, drop
from tests.postgres import settings
from tests.running_gateway import gateway_process


def test_the_gateway_shows_the_last_backup_and_the_last_drill(site: Site) -> None:
    """Before the first the outbox's are 0; the newest backup is checked when none is named."""
    with gateway_process(site.outbox) as gateway:
        assert marks(gateway.port) == {"backup outbox": 0.0, "restore_drill outbox": 0.0}
        assert site.run("restore", "--check").exit_code == 1
        before = time.time()
        site.document("backup")
        backed = marks(gateway.port)
        assert {name for name, at in backed.items() if at >= before} == {
            f"backup {part}" for part in ("outbox", "session", "channels", "database")
        }
        site.document("restore", "--check", "--no-database")
        drilled = marks(gateway.port)
        assert {name for name, at in drilled.items() if at >= before} == backed.keys() - {
            "restore_drill outbox"
        } | {f"restore_drill {part}" for part in ("outbox", "session", "channels")}
        assert site.run("backup", "--channels-file", str(site.outbox)).exit_code == 0
        site.environ["TIMESCALEDB_URL"] = "postgresql://u:hidden-word@127.0.0.1:1/x"
        settled = marks(gateway.port)
        assert site.run("backup").exit_code == 1
        assert marks(gateway.port) == settled
    assert stat.S_IMODE(path_of(site.outbox).stat().st_mode) == 0o600


def marks(port: int) -> dict[str, float]:
    """What the gateway's metrics say of backups and drills."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    found = (re.match(r'ops_(\w+?)_last\w+\{what="(\w+)"\} (\S+)', line) for line in lines)
    return {f"{each[1]} {each[2]}": float(each[3]) for each in found if each}


def test_grants_come_back_where_the_roles_are(site: Site) -> None:
    """The API's role writes and Grafana's only reads; without the roles nothing is done."""
    roles = Roles(*(f"test_restored_{word}_{os.getpid()}" for word in ("owner", "api", "grafana")))
    assert not grant(settings(site.dsn), roles)
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        for role in roles:
            connection.execute(f"create role {role}".encode())
        try:
            assert grant(settings(site.dsn), roles)
            row = connection.execute(
                "select has_table_privilege(%(api)s, 'tp_capital.messages', 'insert'),"
                " has_table_privilege(%(grafana)s, 'tp_capital.tp_capital_signals', 'select'),"
                " has_table_privilege(%(grafana)s, 'tp_capital.tp_capital_signals', 'insert')",
                roles._asdict(),
            ).fetchone()
            assert row == (True, True, False)
        finally:
            for role in roles:
                connection.execute(f"drop owned by {role} cascade; drop role {role}".encode())


def test_a_restore_says_what_is_left_to_do(site: Site) -> None:
    """The usual roles are not on this server: the sentence names both commands."""
    result = site.run("restore", str(site.backup()), "--json")
    done = json.loads(result.stdout)
    try:
        assert done["granted"] or "run `tpcapital db migrate`, then" in result.stderr
    finally:
        drop(site, done["database_before"])
