"""The whole project on a real engine: started, fed, redeployed, scaled, crashed, stopped."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import psycopg.sql
import pytest

from contracts import wire
from contracts.message import Key
from ops.grafana.dashboard import POSTGRES
from ops.grafana.dashboards import DASHBOARDS
from tests.compose.engine import COMPOSE, ROOT, docker, inspect
from tests.compose.reader import Reader
from tests.compose.stack import Stack
from tests.compose.traffic import Traffic, traffic
from tests.compose.watch import Watch
from tests.messages import CHANNEL, TOKEN, message
from tests.monitoring.dashboard_lint import panels
from tests.monitoring.rule_files import rules
from tests.pipeline.services import texts_in
from tests.waiting import until

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

REDEPLOYS = int(os.environ.get("TPCAPITAL_REDEPLOYS", "3"))
MEBIBYTE = 1024 * 1024
EATER = "x = bytearray(400_000_000); print(len(x))"
KILLED = 137  # 128 + SIGKILL
RULES = [*rules("recording.yml"), *rules("alerts.yml")]


@pytest.fixture
def feed(stack: Stack, tmp_path: Path) -> Iterator[Traffic]:
    """A live gateway on the host that delivers to the single API."""
    endpoint = stack.url(wire.INGEST_PATH)
    with traffic(tmp_path / "gateway", endpoint, stack.secret("gateway_token")) as found:
        yield found


def ingest(stack: Stack, number: int, token: str) -> int:
    """The status that the API answers with."""
    body = wire.encode(message(number, "Ativo: VALE3\nCompra: 60,10\nAlvo 1: 64,00\nStop: 58,50"))
    headers = {wire.TOKEN_HEADER: token, "Content-Type": "application/json"}
    return status_of(stack.url(wire.INGEST_PATH), body, headers)


def status_of(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of a POST."""
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310  # our own loopback URL
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # the same
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_one_command_ends_with_everything_healthy(stack: Stack) -> None:
    """`up --wait` came back; API and database say so themselves."""
    states = [stack.container(name)["State"]["Health"]["Status"] for name in ("api", "database")]
    assert states == ["healthy", "healthy"]
    checks = stack.ask("/health")["checks"]
    assert checks["timescaledb"]["status"] == checks["schema"]["status"] == "healthy"


def test_a_message_goes_in_and_comes_out(stack: Stack) -> None:
    """With the token from the secret's file, and with no other."""
    assert ingest(stack, 1, TOKEN) == 401
    assert ingest(stack, 1, stack.secret("gateway_token")) == 200
    (signal,) = stack.ask("/signals?search=VALE3&limit=1")["data"]
    assert signal["asset"] == "VALE3"


def test_writes_need_the_key(stack: Stack) -> None:
    """Who only reaches the port may not register a channel."""
    headers = {"Content-Type": "application/json"}
    assert status_of(stack.url("/telegram-channels"), b"{}", headers) == 401


def test_the_api_owns_its_database_and_nothing_else(stack: Stack) -> None:
    """It is no superuser, and the tables are a hypertable of TimescaleDB all the same."""
    with psycopg.connect(stack.dsn) as connection:
        role = connection.execute(
            "select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
        ).fetchone()
        hypertables = connection.execute(
            "select hypertable_name from timescaledb_information.hypertables"
        ).fetchall()
    assert role == (False, False, False)
    assert hypertables == [("tp_capital_signals",)]


def test_the_api_may_be_a_role_that_changes_no_table(stack: Stack) -> None:
    """`tpcapital db roles` beside the running project; its own user stays the owner."""
    roles = [sys.executable, "-c", "from ops.cli import main; main()", "db", "roles"]
    admin = stack.dsn_of("postgres", "database_admin_password")
    environ = {"PATH": os.environ["PATH"], "TIMESCALEDB_URL": admin}
    subprocess.run([*roles, "--owner", "tpcapital"], env=environ, cwd=ROOT, check=True)
    with psycopg.connect(admin) as connection:
        password = psycopg.sql.Literal(stack.secret("database_password"))
        alter = psycopg.sql.SQL("alter role tpcapital_api password {}").format(password)
        connection.execute(alter)
    stack.compose("up", "--detach", "--wait", "api", TIMESCALEDB_USER="tpcapital_api")
    assert ingest(stack, 2, stack.secret("gateway_token")) == 200
    with psycopg.connect(stack.dsn_of("tpcapital_api", "database_password")) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("drop table tp_capital.messages")
        connection.rollback()
    stack.up()


@pytest.mark.parametrize("service", ["api", "database"])
def test_a_container_may_do_little(stack: Stack, service: str) -> None:
    """As the engine itself sees it."""
    host = stack.container(service)["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["Privileged"]) == (True, ["ALL"], False)
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert 0 < host["PidsLimit"] <= 256
    assert {port["HostIp"] for ports in host["PortBindings"].values() for port in ports} == {
        "127.0.0.1"
    }


def test_the_api_is_held_to_its_memory(stack: Stack) -> None:
    """200 MiB by the engine's word; a process that takes more is killed."""
    host = stack.container("api")["HostConfig"]
    assert (host["Memory"], host["MemorySwap"]) == (200 * MEBIBYTE, 200 * MEBIBYTE)
    file = ["docker", "compose", "-f", str(COMPOSE / "compose.yaml")]
    once = ["run", "--rm", "--no-deps", "--entrypoint", "python", "api", "-c", EATER]
    done = subprocess.run([*file, *once], env=stack.environ, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (KILLED, b"")


def test_the_api_is_redeployed_under_traffic(stack: Stack, feed: Traffic) -> None:
    """Again and again, and the gateway's connection to Telegram never notices."""
    with feed.flowing():
        for _ in range(REDEPLOYS):
            before = stack.containers("api")
            stack.up("--no-deps", "--force-recreate", "api")
            assert stack.containers("api") != before
            feed.wait_for_more(10)
    count = feed.assert_stored_once(stack.dsn)
    feed.assert_untouched()
    print(f"{REDEPLOYS} redeploys, {count} messages: each stored once")


def test_the_api_stops_in_order_under_traffic(stack: Stack, feed: Traffic) -> None:
    """Within its grace, by itself; what came meanwhile is delivered when it is back."""
    (container,) = stack.containers("api")
    with feed.flowing():
        feed.wait_for_more(20)
        docker("stop", container)
        assert inspect(container)["State"]["ExitCode"] == 0
        feed.wait_for_more(40)
        docker("start", container)
    feed.assert_stored_once(stack.dsn)
    stack.wait_until_healthy(container)


def test_several_apis_one_crashes_all_are_replaced(stack: Stack, tmp_path: Path) -> None:
    """Behind Caddy, under load; nothing is lost, and nothing is there twice."""
    stack.up(options=stack.scaled)
    assert len(stack.containers("api")) == 3
    endpoint = stack.url(wire.INGEST_PATH, "DOOR_PORT")
    readers = Reader(stack.url("/signals?limit=5", "DOOR_PORT"))
    with traffic(tmp_path / "gateway", endpoint, stack.secret("gateway_token")) as feed:
        with feed.flowing():
            crashed = stack.containers("api")[0]
            stack.crash(crashed)
            stack.wait_until_healthy(crashed)
            before = set(stack.containers("api"))
            with readers.reading():
                roll = ["sh", str(COMPOSE / "roll"), *stack.scaled]
                environ = stack.environ_of(stack.scaled)
                subprocess.run(roll, env=environ, capture_output=True, check=True)
            after = set(stack.containers("api"))
        count = feed.assert_stored_once(stack.dsn)
        feed.assert_untouched()
    assert (len(after), before & after) == (3, set())
    print(f"{count} messages stored once; {readers.answered} reads, {readers.failed} failed")
    assert readers.answered > 10
    assert readers.failed == 0


def test_prometheus_watches_every_api_and_the_gateway_on_the_host(
    stack: Stack, tmp_path: Path
) -> None:
    """With our rules; an API that is stopped is missed, and the alert about it ends again."""
    stack.up(options=stack.scaled)
    endpoint = stack.url(wire.INGEST_PATH, "DOOR_PORT")
    with traffic(tmp_path / "gateway", endpoint, stack.secret("gateway_token")) as feed:
        until(lambda: feed.gateway.process.logged("service.ready"))
        watch = Watch(stack, tmp_path, feed.gateway.process.url)
        assert "SUCCESS: 2 rule files found" in watch.checked_as_shipped()
        watch.start()
        wanted = {f"{job} {at}": "up" for job, found in watch.addresses.items() for at in found}
        until(lambda: watch.targets() == wanted, 30)
        assert watch.rules() == {rule.get("alert", rule.get("record")) for rule in RULES}
        until(lambda: ("Watchdog", "") in watch.firing())
        # at its start, before the first scrape, no API was there
        until(lambda: "ApiDown" not in dict(watch.firing()))
        stopped = stack.containers("api")[-1]
        (bound,) = inspect(stopped)["NetworkSettings"]["Ports"]["4005/tcp"]
        down = ("ApiDown", f"127.0.0.1:{bound['HostPort']}")
        docker("stop", stopped)
        until(lambda: down in watch.firing(), 30)
        docker("start", stopped)
        until(lambda: down not in watch.firing(), 30)
        assert watch.targets() == wanted


def test_grafana_s_user_reads_what_its_dashboards_ask(stack: Stack) -> None:
    """The signals' panels, and nothing is written."""
    with psycopg.connect(stack.dsn_of("grafana", "grafana_database_password")) as connection:
        for dashboard in (each for each in DASHBOARDS if each.source == POSTGRES):
            for panel in panels(dashboard.document()):
                for target in panel["targets"]:
                    connection.execute(
                        target["rawSql"].replace("$__timeFilter(sent_at)", "sent_at > '2025-01-01'")
                    )
        connection.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set transaction read write; delete from tp_capital.messages")


def test_a_second_project_joins_the_first_ones_database(stack: Stack, tmp_path: Path) -> None:
    """As with the network and the database of an installation that is there already."""
    network = f"{stack.name}-outside"
    docker("network", "create", network)
    other = Stack(tmp_path, f"{stack.name}-joined")
    (tmp_path / "secrets" / "database_password").unlink()
    (tmp_path / "secrets" / "database_password").write_text(stack.secret("database_password"))
    (tmp_path / "secrets" / "database_password").chmod(0o444)
    other.environ["TRADINGSYSTEM_NETWORK"] = network
    override = ["-f", str(COMPOSE / "compose.tradingsystem.yaml")]
    (database,) = stack.containers("database")
    docker("network", "connect", "--alias", "timescaledb", network, database)
    try:
        other.up(options=override)
        assert ingest(other, 3, other.secret("gateway_token")) == 200
        assert Key(CHANNEL, 3) in texts_in(stack.dsn)
        assert other.compose("ps", "--all", "--services", options=override).split() == ["api"]
    finally:
        other.compose("down", options=override)
        docker("network", "disconnect", network, database)
        docker("network", "rm", network)


def test_down_keeps_the_rows(stack: Stack) -> None:
    """And the single API is back at its own port."""
    with psycopg.connect(stack.dsn) as connection:
        before = connection.execute("select count(*) from tp_capital.messages").fetchone()
    stack.down()
    assert stack.compose("ps", "--all", "--quiet") == ""
    stack.up()
    with psycopg.connect(stack.dsn) as connection:
        after = connection.execute("select count(*) from tp_capital.messages").fetchone()
    assert after == before
    assert stack.ask("/readyz")["status"] == "ok"
