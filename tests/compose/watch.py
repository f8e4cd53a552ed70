"""The project's Prometheus, and what it says: seconds instead of its minutes."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from tests.compose.engine import COMPOSE
from tests.compose.stack import Stack
from tests.monitoring.prometheus import render
from tests.monitoring.rule_files import FOLDER

RULES = ("recording.yml", "alerts.yml")


class Watch:
    """Prometheus as compose.yaml has it, with targets, rules and intervals in `folder`."""

    def __init__(self, stack: Stack, folder: Path, gateway: str) -> None:
        self._stack = stack
        mounted, targets = folder / "monitoring", folder / "targets"
        for path in (mounted / "targets", targets):
            path.mkdir(parents=True)
        for rules in RULES:
            (mounted / rules).write_text(render(rules), encoding="utf-8")
        config = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        (mounted / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.addresses = {
            "tp-gateway": [gateway.removeprefix("http://")],
            "tp-api": [f"127.0.0.1:{port}" for port in stack.replica_ports],
        }
        for job, found in self.addresses.items():
            file = targets / f"{job.removeprefix('tp-')}.yml"
            file.write_text(yaml.safe_dump([{"targets": found}]), encoding="utf-8")
        override = folder / "compose.override.yaml"
        mount = f"{mounted}:/etc/prometheus:ro"
        override.write_text(yaml.safe_dump({"services": {"prometheus": {"volumes": [mount]}}}))
        stack.environ["PROMETHEUS_TARGETS"] = str(targets)
        self._files = ["-f", str(override)]
        self._options = [*stack.scaled, "--profile", "monitoring"]

    def start(self) -> None:
        """Start it alone, and wait until it is healthy."""
        self._stack.up("--no-deps", "prometheus", options=[*self._options, *self._files])

    def checked_as_shipped(self) -> str:
        """What promtool says of the files that the container is given without our override."""
        command = ["run", "--rm", "--no-deps", "--entrypoint", "promtool", "prometheus"]
        check = [*command, "check", "config", "/etc/prometheus/prometheus.yml"]
        targets = str(COMPOSE / "targets")
        return self._stack.compose(*check, options=self._options, PROMETHEUS_TARGETS=targets)

    def targets(self) -> dict[str, str]:
        """The health of each target, by job and address."""
        return {
            f"{each['labels']['job']} {each['labels']['instance']}": each["health"]
            for each in self._get("targets?state=active")["activeTargets"]
        }

    def rules(self) -> set[str]:
        """The names of the rules that it evaluates."""
        groups = self._get("rules")["groups"]
        return {rule["name"] for group in groups for rule in group["rules"]}

    def firing(self) -> set[tuple[str, str]]:
        """The alerts that fire now, each with its instance."""
        return {
            (each["labels"]["alertname"], each["labels"].get("instance", ""))
            for each in self._get("alerts")["alerts"]
            if each["state"] == "firing"
        }

    def _get(self, path: str) -> Any:
        url = self._stack.url(f"/api/v1/{path}", "PROMETHEUS_PORT")
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # our own loopback URL
            return json.load(answer)["data"]
