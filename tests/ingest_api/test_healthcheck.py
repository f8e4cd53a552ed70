"""The container's probe against a real API."""

import os
import subprocess
import sys
from pathlib import Path

from tests.api_process import ApiProcess
from tests.postgres import TestDatabases

COMMAND = [sys.executable, "-m", "ingest_api.healthcheck"]


def probe(port: str) -> tuple[int, str]:
    """The status and what is said."""
    environ = {**os.environ, "PORT": port}
    done = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_it_follows_the_api(postgres: TestDatabases, tmp_path: Path) -> None:
    """Healthy once the schema is there, and not when nobody answers."""
    with postgres.empty() as dsn, ApiProcess(dsn, tmp_path / "api.log") as api:
        port = api.url.rpartition(":")[2]
        api.wait_until_ready()
        assert probe(port) == (0, '{"status":"ok"}\n')
        api.kill()
        status, said = probe(port)
        assert (status, "Connection refused" in said) == (1, True)


def test_it_says_what_stands_in_the_way(tmp_path: Path) -> None:
    """An API that waits for its database."""
    with ApiProcess("postgresql://x@127.0.0.1:1/x", tmp_path / "api.log") as api:
        status, said = probe(api.url.rpartition(":")[2])
    assert (status, "the database is not migrated yet" in said) == (1, True)
