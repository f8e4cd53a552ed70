"""What `docker inspect` says, as recorded (shortened) from engine 20.10 with compose 2.26."""

import json
from copy import deepcopy
from typing import Any

import pytest

from ops.compose_project import size_of
from ops.compose_service import published, standing
from ops.standing import State

CONTAINER: dict[str, Any] = json.loads("""
{"Id": "0db2c5b905f8", "Name": "/i6t-api-2", "RestartCount": 1,
 "State": {"Status": "running", "Running": true, "Paused": false, "Restarting": false,
  "OOMKilled": false, "Dead": false, "Pid": 21390, "ExitCode": 0, "Error": "",
  "StartedAt": "2026-11-24T18:58:01.00207058Z", "FinishedAt": "0001-01-01T00:00:00Z",
  "Health": {"Status": "healthy", "FailingStreak": 0, "Log": [
   {"Start": "2026-11-24T19:01:44Z", "End": "2026-11-24T19:01:44Z", "ExitCode": 1,
    "Output": "127.0.0.1:4005/readyz: timed out\\n"}]}},
 "HostConfig": {"Memory": 209715200},
 "Config": {"Labels": {"org.opencontainers.image.version": "0.1.0",
  "com.docker.compose.service": "api", "com.docker.compose.container-number": "2"}},
 "NetworkSettings": {"Ports": {"4005/tcp": [{"HostIp": "127.0.0.1", "HostPort": "4106"}],
  "443/tcp": null}}}
""")


def container(**state: Any) -> dict[str, Any]:
    """The recorded one, with another state."""
    found = deepcopy(CONTAINER)
    found["State"] |= state
    return found


def test_a_running_replica_has_all_its_numbers() -> None:
    """Since, version, memory against its limit, restarts."""
    row = standing("api", "api-2", CONTAINER, 38 * 2**20)
    assert (row.state, row.since, row.pid, row.version) == ("running", 1795546681, 21390, "0.1.0")
    assert (row.memory_bytes, row.memory_limit_bytes) == (38 * 2**20, 200 * 2**20)
    assert (row.restarts, row.trouble) == (1, "")


@pytest.mark.parametrize(
    ("told", "state", "trouble"),
    [
        ({"Status": "exited", "Running": False, "ExitCode": 137}, "failed", "exit status 137"),
        ({"Status": "exited", "Running": False}, "stopped", ""),
        (
            {"Status": "exited", "Running": False, "ExitCode": 137, "OOMKilled": True},
            "failed",
            "exit status 137, out of memory",
        ),
        ({"Status": "restarting", "Restarting": True}, "failed", "restarting"),
        ({"Status": "created", "Running": False}, "stopped", "created"),
        (
            {"Health": CONTAINER["State"]["Health"] | {"Status": "unhealthy"}},
            "degraded",
            "health check: 127.0.0.1:4005/readyz: timed out",
        ),
        ({"Health": {"Status": "starting", "Log": []}}, "starting", ""),
        ({"Health": None}, "running", ""),
    ],
)
def test_each_state_of_a_container_has_its_word(
    told: dict[str, Any], state: State, trouble: str
) -> None:
    """Exit statuses, a kill for memory, and what the health check said last."""
    row = standing("api", "api-2", container(**told), None)
    assert (row.state, row.trouble) == (state, trouble)


def test_a_port_on_the_host_is_found_or_not_there() -> None:
    """Open to all addresses means this one too."""
    assert published(CONTAINER, 4005) == "http://127.0.0.1:4106"
    assert published(CONTAINER, 443) == ""
    assert published(CONTAINER, 80) == ""
    open_one = deepcopy(CONTAINER)
    open_one["NetworkSettings"]["Ports"]["4005/tcp"][0]["HostIp"] = "0.0.0.0"  # noqa: S104  # read, not bound
    assert published(open_one, 4005) == "http://127.0.0.1:4106"
    on_the_host = container()
    on_the_host["NetworkSettings"]["Ports"] = {}
    on_the_host["Config"]["Labels"]["tpcapital.url"] = "http://127.0.0.1:9090"
    assert published(on_the_host, 9090) == "http://127.0.0.1:9090"


@pytest.mark.parametrize(
    ("text", "size"),
    [("7.633MiB ", 8003781), ("1GiB", 2**30), ("512B", 512), ("2.04kB", 2040), ("--", None)],
)
def test_sizes_for_people_become_bytes(text: str, size: int | None) -> None:
    """As `docker stats` prints them."""
    assert size_of(text) == size
