"""`tpcapital upgrade --check`, on services that run and on some that do not."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from ops.cli import main
from tests.pipeline.services import Services, running_services


def check(services: Services, *options: str, api: str = "", gateway: str = "") -> Result:
    """The command, from beside these services."""
    urls = ["--api", api or services.api.url, "--gateway", gateway or services.gateway.url]
    environ = {"OUTBOX_PATH": str(services.gateway.outbox), "TIMESCALEDB_URL": services.dsn}
    return CliRunner().invoke(main, ["upgrade", "--check", *urls, *options], env=environ)


def document(result: Result) -> dict[str, Any]:
    """What `--json` prints."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_services_that_may_meet(database: str, tmp_path: Path) -> None:
    """Each part with what it is and what it becomes; then one that does not fit, and one unseen."""
    with running_services(database, tmp_path) as services:
        services.gateway.start()
        found = document(check(services, "--json"))
        assert (found["may"], [each["fits"] for each in found["findings"]]) == (True, [True] * 4)
        assert found["steps"][1].startswith("the API first: ")
        with psycopg.connect(database) as connection:
            connection.execute("delete from tp_capital.schema_migrations where version = 32")
        older = document(check(services, "--json"))
        assert older["findings"][3]["note"] == "0032_follow_ups_at_a_look.sql"
        assert "(1 migrations, at its start)" in older["steps"][1]
        unseen = check(services, api="http://127.0.0.1:9")
        assert (unseen.exit_code, "cannot be told" in unseen.stdout) == (3, True)
        services.gateway.kill()
        with closing(sqlite3.connect(services.gateway.outbox)) as file:
            file.execute("PRAGMA user_version = 99")
        newer = check(services, "--json", gateway="http://127.0.0.1:9")
        assert (newer.exit_code, document(newer)["steps"]) == (1, [])


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_it_only_looks(arguments: list[str]) -> None:
    """Without --check it says where the steps are."""
    result = CliRunner().invoke(main, ["upgrade", *arguments])
    assert (result.exit_code, "docs/howto/upgrade.md" in result.output) == (2, True)
