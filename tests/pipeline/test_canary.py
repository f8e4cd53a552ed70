"""The canary through real processes: an open pipe told from a closed one, no message touched."""

import re
import urllib.request
from pathlib import Path

import psycopg
from click.testing import CliRunner

from ops.cli import main
from tests.pipeline.services import Services, running_services, write_export
from tests.waiting import until


def canaries(services: Services) -> list[int]:
    """The numbers in the database: one row at most."""
    with psycopg.connect(services.dsn) as connection:
        rows = connection.execute("select number from tp_capital.canary").fetchall()
    return [row[0] for row in rows]


def metric(services: Services, name: str) -> float:
    """A number of the gateway's metrics."""
    with urllib.request.urlopen(f"{services.gateway.url}/metrics", timeout=5) as answer:  # noqa: S310  # our own loopback URL
        lines = answer.read().decode().splitlines()
    return float(next(line.split()[-1] for line in lines if line.startswith(f"{name} ")))


def test_it_flies_beside_messages(database: str, tmp_path: Path) -> None:
    """Many of them: one row, and no message, revision, signal or count but the messages' own."""
    with running_services(database, tmp_path, CANARY_SECONDS="0.05") as services:
        texts = write_export(tmp_path / "result.json", 300)
        services.gateway.replay(tmp_path / "result.json", 300)
        services.gateway.start()
        services.wait_until_delivered(300)
        until(lambda: (canaries(services) or [0])[0] > 20)
        assert len(canaries(services)) == 1
        assert services.stored() == texts
        assert metric(services, "outbox_pending_rows") == 0
        assert metric(services, "pipeline_canary_duration_seconds_count") > 20
        assert metric(services, "pipeline_freshness_seconds") == 0
        assert services.health()["checks"]["canary"]["status"] == "pass"
        outbox = ["outbox", "verify", "--outbox", str(services.gateway.outbox)]
        assert CliRunner().invoke(main, outbox).exit_code == 0


def test_it_is_missing_while_the_pipe_is_closed(database: str, tmp_path: Path) -> None:
    """No message waits, and still the API's absence is seen; and its return."""
    with running_services(database, tmp_path, CANARY_SECONDS="0.1") as services:
        services.gateway.start()
        until(lambda: services.health()["checks"]["canary"]["status"] == "pass")
        services.api.kill()
        until(lambda: services.health()["checks"]["canary"]["status"] == "warn")
        assert services.health()["checks"]["relay"]["status"] == "pass"
        services.api.start()
        until(lambda: services.health()["checks"]["canary"]["status"] == "pass")
        (lost,), (back,) = (
            services.gateway.lines("canary.lost"),
            services.gateway.lines("canary.back"),
        )
        assert re.search("connect|broken", lost["message"])  # before, or in the middle of it
        assert back["canary"] > lost["canary"]
