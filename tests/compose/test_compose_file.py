"""What compose/compose.yaml promises of every service, in each combination that we document."""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compose.engine import COMPOSE, ROOT, docker
from tests.compose.stack import Stack

TEXT = (COMPOSE / "compose.yaml").read_text(encoding="utf-8")
OVERRIDE = ["-f", str(COMPOSE / "compose.tradingsystem.yaml")]
SCALE = ["--env-file", str(COMPOSE / "scale.env")]
MONITORING = ["--profile", "monitoring"]
SINGLE = ROOT / "ops" / "monitoring" / "targets"
SCALED = COMPOSE / "targets"
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
        if service.get("network_mode") == "host":
            assert _listens_at(service).startswith("127.0.0.1:"), name
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
    assert [port["published"] for port in services["api"]["ports"]] == ["4011-4013"]
    assert services["api"]["scale"] == 3


@pytest.mark.parametrize(("folder", "ports"), [(SINGLE, [4005]), (SCALED, [4011, 4012, 4013])])
def test_prometheus_asks_at_the_ports_that_are_given(folder: Path, ports: list[int]) -> None:
    """One target an API, and the gateway."""
    for name, wanted in (("api", ports), ("gateway", [4006])):
        (group,) = yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8"))
        assert group["targets"] == [f"127.0.0.1:{port}" for port in wanted]


@pytest.mark.long
@pytest.mark.parametrize("services", ["monitored", "all"], indirect=True)
def test_what_the_monitoring_is_given_is_there(services: dict[str, Any]) -> None:
    """Every mount; each file, secret and variable that Grafana's provisioning names."""
    for name in ("prometheus", "grafana"):
        binds = [each for each in services[name]["volumes"] if each["type"] == "bind"]
        assert [each["source"] for each in binds if not Path(each["source"]).is_dir()] == []
    grafana = services["grafana"]
    mounts = {each["target"]: Path(each["source"]) for each in grafana["volumes"]}
    (sources,) = mounts["/etc/grafana/provisioning/datasources"].iterdir()
    (provider,) = mounts["/etc/grafana/provisioning/dashboards"].iterdir()
    (path,) = re.findall(r"path: ([^ }]+)", provider.read_text(encoding="utf-8"))
    assert {each.suffix for each in mounts[path].iterdir()} == {".json"}
    text = sources.read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+)\}", text)) <= set(grafana["environment"])
    asked = re.findall(r"\$__file\{([^}]+)\}", text)
    asked.append(grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"])
    assert sorted(asked) == sorted(each["target"] for each in grafana["secrets"])


def _listens_at(service: dict[str, Any]) -> str:
    """The address and port that a service with the host's network is told to listen at."""
    environ = service.get("environment", {})
    if "GF_SERVER_HTTP_ADDR" in environ:
        return f"{environ['GF_SERVER_HTTP_ADDR']}:{environ['GF_SERVER_HTTP_PORT']}"
    (found,) = [word for word in service["command"] if word.startswith("--web.listen-address=")]
    return str(found.partition("=")[2])


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
    assert len(set(strong.values())) == len(strong) == 6
    assert stack.secret("gateway_token_previous") == ""
