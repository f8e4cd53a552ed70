"""A real Prometheus for tests, with rules rendered for seconds instead of minutes and hours."""

import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from ops.local_http import is_well
from tests.monitoring.rule_files import FOLDER
from tests.waiting import until

WINDOW = "6s"
# What a rule waits for beside its window and its `for`: seconds that a test does not have.
THRESHOLDS = {
    "OutboxStalled": ("> 60", "> 2"),
    "ApiErrorRatio": (">= 3", ">= 1"),  # a request without a database takes two seconds
    "OutboxDiskLow": ("< 200e6", "< 50e3"),  # the test's disk has 4 MB
}


def render(file: str) -> str:
    """A rule file with each window of WINDOW, each `for` of a second, and THRESHOLDS."""
    document = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))
    for group in document["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule["expr"] = re.sub(r"\[\d+[smhd]\]", f"[{WINDOW}]", rule["expr"])
            name = rule.get("alert", "")
            if "for" in rule:
                rule["for"] = "1s"
            if name in THRESHOLDS:
                old, new = THRESHOLDS[name]
                assert old in rule["expr"], name
                rule["expr"] = rule["expr"].replace(old, new)
    return yaml.safe_dump(document)


class Prometheus:
    """Debian's, in a folder of its own; a context manager. `targets` are addresses by job."""

    def __init__(self, folder: Path, targets: Mapping[str, str], port: int) -> None:
        self._folder = folder
        self.url = f"http://127.0.0.1:{port}"
        for file in ("recording.yml", "alerts.yml"):
            (folder / file).write_text(render(file), encoding="utf-8")
        config = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        for job, url in targets.items():
            asked = folder / "targets" / f"{job.removeprefix('tp-')}.yml"
            asked.parent.mkdir(exist_ok=True)
            asked.write_text(yaml.safe_dump([{"targets": [url.removeprefix("http://")]}]))
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self._command = [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        try:
            until(lambda: is_well(f"{self.url}/-/ready"))
        except TimeoutError:
            self.stop()
            raise RuntimeError((self._folder / "prometheus.log").read_text()) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def firing(self) -> dict[str, dict[str, str]]:
        """Annotations of the alerts that fire now, by name."""
        alerts = self._get("/api/v1/alerts")["alerts"]
        return {
            each["labels"]["alertname"]: each["annotations"]
            for each in alerts
            if each["state"] == "firing"
        }

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The samples of an expression now."""
        found = self._get("/api/v1/query", query=expr)["result"]
        return list(found) if isinstance(found, list) else []

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """The series of an expression over a time."""
        times = {"start": str(start), "end": str(end), "step": str(step)}
        return list(self._get("/api/v1/query_range", query=expr, **times)["result"])

    def _get(self, path: str, **parameters: str) -> Any:
        url = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # our own loopback URL
            return json.load(answer)["data"]
