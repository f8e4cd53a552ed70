"""A Grafana dashboard as data: panels in rows, turned into the JSON that Grafana provisions.

No unit of time is fixed and no data source named: a dashboard asks for its own by variables, so
that it loads anywhere without a dialog. `{}` behind a metric stands for the matchers of `job` and
`instance`, `{~}` for that of `job` alone, which is all that a recorded series has.
"""

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

Kind = Literal["stat", "timeseries", "table", "barchart"]
PROMETHEUS = "prometheus"
POSTGRES = "grafana-postgresql-datasource"

_WIDTH = 24
_HEIGHTS: dict[Kind, int] = {"stat": 4, "timeseries": 8, "table": 8, "barchart": 8}
_WIDTHS: dict[Kind, int] = {"stat": 4, "timeseries": 8, "table": 12, "barchart": 12}
_SOURCE = "${datasource}"
_JOB = 'job=~"$job"'
_BOTH = f'{_JOB}, instance=~"$instance"'


class Query(NamedTuple):
    """A PromQL expression (or SQL) and what its series are called."""

    expr: str
    legend: str = "__auto"


class Panel(NamedTuple):
    """One picture. `red` is the number from which on it is red; `falls` turns that round."""

    kind: Kind
    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    red: float | None = None
    falls: bool = False


class Row(NamedTuple):
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


class Dashboard(NamedTuple):
    """`uid` is for ever: links lead there."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    source: str = PROMETHEUS
    jobs: str = "tp-.+"

    def document(self) -> dict[str, Any]:
        """The JSON model."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["tpcapital"],
            "editable": False,
            "schemaVersion": 39,
            "version": 1,
            "timezone": "browser",
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "graphTooltip": 1,
            "links": [_LINK],
            "annotations": {"list": [_DEPLOYS] if self.source == PROMETHEUS else []},
            "templating": {"list": self._variables()},
            "panels": self._panels(),
        }

    def _variables(self) -> list[dict[str, Any]]:
        source = {
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": self.source,
        }
        if self.source != PROMETHEUS:
            return [source]
        jobs = f'label_values(up{{job=~"{self.jobs}"}}, job)'
        instances = 'label_values(up{job=~"$job"}, instance)'
        return [source, _variable("job", jobs), _variable("instance", instances)]

    def _panels(self) -> list[dict[str, Any]]:
        panels: list[dict[str, Any]] = []
        top = 0
        for row in self.rows:
            place = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
            panels.append(
                {"id": len(panels) + 1, "type": "row", "title": row.title, "gridPos": place}
            )
            left, top, height = 0, top + 1, 0
            for panel in row.panels:
                wide, high = _WIDTHS[panel.kind], _HEIGHTS[panel.kind]
                if left + wide > _WIDTH:
                    left, top, height = 0, top + height, 0
                place = {"x": left, "y": top, "w": wide, "h": high}
                panels.append(self._panel(panel, len(panels) + 1, place))
                left, height = left + wide, max(height, high)
            top += height
        return panels

    def _panel(self, panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
        source = {"type": self.source, "uid": _SOURCE}
        return {
            "id": number,
            "type": panel.kind,
            "title": panel.title,
            "description": panel.description,
            "datasource": source,
            "gridPos": place,
            "fieldConfig": {"defaults": _field(panel), "overrides": []},
            "options": _OPTIONS[panel.kind],
            "targets": [
                {"refId": letter, "datasource": source} | self._target(panel, query)
                for letter, query in zip("ABCDEFGH", panel.queries, strict=False)
            ],
        }

    def _target(self, panel: Panel, query: Query) -> dict[str, Any]:
        if self.source == POSTGRES:
            form = "time_series" if panel.kind == "timeseries" else "table"
            return {"rawQuery": True, "editorMode": "code", "format": form, "rawSql": query.expr}
        instant = panel.kind in ("stat", "table")
        kind = {"instant": instant, "range": not instant}
        target = {"expr": matched(query.expr), "legendFormat": query.legend, **kind}
        return target | ({"format": "table"} if panel.kind == "table" else {})


def matched(expr: str) -> str:
    """The expression with its matchers of `job` and `instance`; an alert may have neither."""
    expr = expr.replace("{}", "{" + _BOTH + "}").replace("{~}", "{" + _JOB + "}")
    return re.sub(r"(?<=\w)(?<!ALERTS)\{(?=\w)(?!job=)", "{" + _BOTH + ", ", expr)


def stat(
    title: str, description: str, unit: str, expr: str, red: float | None = None, **more: Any
) -> Panel:
    """One number now."""
    return Panel("stat", title, description, unit, (Query(expr),), red, **more)


def lines(
    title: str, description: str, unit: str, queries: Sequence[Query], red: float | None = None
) -> Panel:
    """Series over time."""
    return Panel("timeseries", title, description, unit, tuple(queries), red)


def _variable(name: str, query: str) -> dict[str, Any]:
    """A label's values; all of them by default, asked anew when the time changes."""
    return {
        "name": name,
        "label": name,
        "type": "query",
        "datasource": {"type": PROMETHEUS, "uid": _SOURCE},
        "query": query,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": "All", "value": "$__all"},
        "sort": 1,
    }


def _field(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "red" if panel.falls else "green", "value": None}]
    if panel.red is not None:
        steps.append({"color": "green" if panel.falls else "red", "value": panel.red})
    custom: dict[str, Any] = {}
    if panel.kind == "timeseries":
        style = {"mode": "line" if panel.red is not None else "off"}
        custom = {"custom": {"fillOpacity": 10, "showPoints": "never", "thresholdsStyle": style}}
    return {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}} | custom


_LINK = {
    "title": "TP Capital",
    "type": "dashboards",
    "tags": ["tpcapital"],
    "asDropdown": True,
    "keepTime": True,
}
_DEPLOYS = {
    "name": "Starts",
    "enable": True,
    "iconColor": "blue",
    "datasource": {"type": PROMETHEUS, "uid": _SOURCE},
    "expr": matched("changes(process_start_time_seconds{}[2m]) > 0"),
    "titleFormat": "{{job}} started",
}
_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[Kind, dict[str, Any]] = {
    "stat": {"reduceOptions": _LAST, "colorMode": "background", "graphMode": "none"},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True},
    "barchart": {"orientation": "horizontal", "showValue": "always"},
}
