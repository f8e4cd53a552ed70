"""Grafana's dashboards, written from their description: `python -m ops.grafana.dashboards`."""

import json
from pathlib import Path

from ops.grafana.dashboard import Dashboard
from ops.grafana.dashboard_pipeline import PIPELINE
from ops.grafana.dashboard_services import API, GATEWAY
from ops.grafana.dashboard_signals import SIGNALS

FOLDER = Path(__file__).parent.parent / "monitoring" / "grafana" / "dashboards"
DASHBOARDS = (PIPELINE, GATEWAY, API, SIGNALS)


def file_of(dashboard: Dashboard) -> Path:
    """Where it is written."""
    return FOLDER / f"{dashboard.uid.removeprefix('tpcapital-')}.json"


def text_of(dashboard: Dashboard) -> str:
    """What is written there."""
    return json.dumps(dashboard.document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for each in DASHBOARDS:
        file_of(each).write_text(text_of(each), encoding="utf-8")
