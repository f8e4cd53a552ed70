"""What a dashboard would show, asked of a real Prometheus as Grafana asks it."""

import re
from math import isfinite
from time import time
from typing import Any

from ops.grafana.dashboard import Dashboard
from tests.monitoring.dashboard_lint import panels
from tests.monitoring.picture import Series, picture
from tests.monitoring.prometheus import Prometheus

SECONDS = 90


class Shown:
    """A dashboard's panels over the last seconds."""

    def __init__(self, dashboard: Dashboard, prometheus: Prometheus) -> None:
        self._document = dashboard.document()
        self._jobs = dashboard.jobs
        self._prometheus = prometheus

    def empty(self) -> list[str]:
        """Queries without any number, with their panels' titles."""
        return [
            f"{panel['title']}: {target['expr']}"
            for panel in panels(self._document)
            for target in panel["targets"]
            if not self._ask(target, over_time=panel["type"] == "timeseries")
        ]

    def svg(self) -> str:
        """The picture of it."""
        return picture(self._document, lambda target, over: self._ask(target, over_time=over))

    def _ask(self, target: dict[str, Any], *, over_time: bool) -> list[Series]:
        expr = target["expr"].replace("$__rate_interval", "6s").replace("$job", self._jobs)
        expr = expr.replace("$instance", ".+")
        now = time()
        if over_time:
            found = self._prometheus.query_range(expr, now - SECONDS, now, 1)
        else:
            found = [each | {"values": [each["value"]]} for each in self._prometheus.query(expr)]
        named = [(_name(target, each["metric"]), _points(each["values"])) for each in found]
        return [(name, points) for name, points in named if points]


def _points(values: list[list[Any]]) -> list[tuple[float, float]]:
    points = [(float(at), float(value)) for at, value in values]
    return [(at, value) for at, value in points if isfinite(value)]


def _name(target: dict[str, Any], labels: dict[str, str]) -> str:
    legend = target["legendFormat"]
    if legend == "__auto":
        skipped = {"__name__", "job", "instance", "alertstate", "slo"}
        return " ".join(value for name, value in labels.items() if name not in skipped)
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend)
