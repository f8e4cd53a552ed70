"""What compose/compose.yaml promises of every service, in each combination that we document."""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.compose.engine import COMPOSE, ROOT, docker
from tests.compose.stack import Stack

TEXT = (COMPOSE / "compose.yaml").read_text(encoding="utf-8")
OVERRIDE = ["-f", str(COMPOSE / "compose.tradingsystem.yaml")]
SCALE = ["--env-file", str(COMPOSE / "scale.env")]
MONITORING = ["--profile", "monitoring"]
COMBINATIONS = {
    "alone": [],
    "joined": OVERRIDE,
    "scaled": SCALE,
    "monitored": MONITORING,
    "all": [*OVERRIDE, *SCALE, *MONITORING],
}
MOST_DRAIN_SECONDS = 25  # 10 draining, 12 stopping, 3 for the pool: ingest_api/service.py


@pytest.fixture
def services(
    request: pytest.FixtureRequest,
    engine: None,  # noqa: ARG001  # its skip
) -> dict[str, Any]:
    """The services as compose reads them; it refuses what is against its schema."""
    file = ["compose", "-f", str(COMPOSE / "compose.yaml"), *COMBINATIONS[request.param]]
    # as a person has it who sets no variable
    environ = {name: os.environ[name] for name in os.environ if not name.endswith("_IMAGE")}
    found = json.loads(docker(*file, "config", "--format", "json", environ=environ))
    assert not any("container_name" in each for each in found["services"].values())
    services: dict[str, Any] = found["services"]
    return services


each_combination = pytest.mark.parametrize("services", COMBINATIONS, indirect=True)


@pytest.mark.long
@each_combination
def test_every_service_may_do_little(services: dict[str, Any]) -> None:
    """No rights, nothing to write on, bounds, and no port but on the loopback address."""
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"], name
        assert int(service["mem_limit"]) > 0, name
        assert service["pids_limit"] > 0, name
        assert {port["host_ip"] for port in service.get("ports", [])} <= {"127.0.0.1"}, name
        image = service["image"]
        assert re.search(r":[\w.-]*\d", image), f"{image} is not pinned"


@pytest.mark.long
@each_combination
def test_the_api_has_time_to_drain_and_waits_for_its_database(services: dict[str, Any]) -> None:
    """The engine's patience is longer than the API's own bound."""
    api = services["api"]
    assert int(api["stop_grace_period"].removesuffix("s")) > MOST_DRAIN_SECONDS
    waits = {name: each["condition"] for name, each in api.get("depends_on", {}).items()}
    assert waits == ({"database": "service_healthy"} if "database" in services else {})


@pytest.mark.long
@pytest.mark.parametrize("services", ["scaled"], indirect=True)
def test_scaled_one_address_stands_for_all(services: dict[str, Any]) -> None:
    """Caddy has the port that the single API has else; the APIs take any free one."""
    assert [port["published"] for port in services["caddy"]["ports"]] == ["4005"]
    assert [port.get("published", "") for port in services["api"]["ports"]] == [""]
    assert services["api"]["scale"] == 3


def test_the_image_has_the_version_of_the_project() -> None:
    """A release changes both."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(re.findall(r"TPCAPITAL_VERSION:-([^}]+)", TEXT)) == {project["version"]}


def test_secrets_are_made_once_and_stay(tmp_path: Path) -> None:
    """A private folder; the second call changes nothing."""
    stack = Stack(tmp_path, "unused")
    folder = tmp_path / "secrets"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    Stack(tmp_path, "unused")
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert folder.stat().st_mode & 0o777 == 0o700
    strong = {name: text for name, text in before.items() if name != "gateway_token_previous"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", text) for text in strong.values())
    assert len(set(strong.values())) == len(strong) == 5
    assert stack.secret("gateway_token_previous") == ""
