"""`tpcapital` beside the running project: it finds the containers, and the gateway on the host."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import wire
from tests.compose.engine import ROOT
from tests.compose.stack import Stack
from tests.compose.traffic import Traffic, traffic

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

TPCAPITAL = [sys.executable, "-c", "from ops.cli import main; main()"]
CHECKS = ("running", "containers", "telegram", "token", "token-accepted", "canary", "metrics")


class Desk:
    """An operator's shell: the variables of the project, and those of its gateway."""

    def __init__(self, stack: Stack, feed: Traffic) -> None:
        gateway = feed.gateway
        port = gateway.process.url.rpartition(":")[2]
        self._environ = {
            **gateway.environ,
            **stack.environ,
            "HOME": str(gateway.outbox.parent),
            "OUTBOX_PATH": str(gateway.outbox),
            "GATEWAY_PORT": port,
            "TIMESCALEDB_URL": stack.dsn,
        }

    def types(self, *arguments: str, status: int = 0) -> str:
        """What a command prints. Fails the test on any other status."""
        done = subprocess.run(
            [*TPCAPITAL, *arguments],
            env=self._environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        return done.stdout

    def sees(self, *arguments: str, status: int = 0) -> Any:
        """What it prints with `--json`."""
        return json.loads(self.types(*arguments, "--json", status=status))


@pytest.fixture(scope="module")
def feed(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """A gateway on the host that has delivered some messages to the single API."""
    folder = tmp_path_factory.mktemp("operated") / "gateway"
    endpoint = stack.url(wire.INGEST_PATH)
    with traffic(folder, endpoint, stack.secret("gateway_token"), LOG_LEVEL="debug") as found:
        with found.flowing():
            found.wait_for_more(10)
        found.wait_until_delivered()
        yield found


@pytest.fixture
def desk(stack: Stack, feed: Traffic) -> Desk:
    """Commands on both."""
    return Desk(stack, feed)


def test_status_has_a_row_for_each_part(stack: Stack, desk: Desk) -> None:
    """Containers with the engine's numbers; a gateway in the foreground with its own."""
    document = desk.sees("status")
    rows = {row["name"]: row for row in document["components"]}
    assert {name: row["supervisor"] for name, row in rows.items()} == {
        "database": "compose",
        "api": "compose",
        "gateway": "foreground",
    }
    assert {row["state"] for row in rows.values()} == {"running"}, document
    assert rows["api"]["pid"] == stack.container("api")["State"]["Pid"]
    assert 0 < rows["api"]["memory_bytes"] < rows["api"]["memory_limit_bytes"] == 200 * 2**20
    assert "0 pending" in rows["gateway"]["key"]
    assert document["verdict"] == "well"


def test_the_doctor_finds_nothing_in_containers_that_are_well(desk: Desk) -> None:
    """A canary goes through the container and comes back; the token is that of the secret."""
    chosen = [part for name in CHECKS for part in ("--run", name)]
    found = {each["name"]: each for each in desk.sees("doctor", *chosen)}
    assert {name: each["status"] for name, each in found.items()} == dict.fromkeys(
        CHECKS, "pass"
    ), found


def test_logs_come_from_the_engine(desk: Desk) -> None:
    """Of each container, merged by the engine's times; those of the gateway's terminal are not."""
    lines = [json.loads(line) for line in desk.types("logs", "--json").splitlines()]
    assert {line["component"] for line in lines} == {"api", "database"}
    recorded = [line for line in lines if line.get("action") == "ingest.recorded"]
    assert {line["component"] for line in recorded} == {"api"}


def test_a_message_is_traced_into_the_container_s_log(desk: Desk, feed: Traffic) -> None:
    """From Telegram to the row; the API's line about it is read from the engine."""
    key = next(iter(feed.sent))
    log = feed.gateway.outbox.parent / "gateway.log"
    told = desk.sees("trace", f"{key.channel_id}/{key.message_id}", f"--log={log}")
    assert told["verdict"].startswith("in the database")
    places = {line["action"]: line["log"].split()[0] for line in told["log"]}
    assert (places["ingest.recorded"], places["relay.delivered"]) == ("container", str(log))


def test_a_stopped_api_is_seen_and_started(desk: Desk, stack: Stack) -> None:
    """Status 2 with the reason; `start` brings it back, healthy, with what it was made with."""
    assert "api (compose): stopped" in desk.types("stop", "api")
    assert "api stopped" in desk.sees("status", status=2)["reason"]
    assert "api (compose): started" in desk.types("start", "api")
    assert stack.container("api")["State"]["Health"]["Status"] == "healthy"
