"""Signals as they stand in TimescaleDB; its data source is the database itself, read-only."""

from pathlib import Path

from contracts import queries
from ops.grafana.dashboard import POSTGRES, Dashboard, Kind, Panel, Query, Row

_SQL = queries.load("ops.grafana", Path(__file__).with_name("dashboard.sql").name)


def _panel(kind: Kind, title: str, description: str, name: str, unit: str = "short") -> Panel:
    return Panel(kind, title, description, unit, (Query(_SQL[name].strip().rstrip(";")),))


SIGNALS = Dashboard(
    "tpcapital-signals",
    "TP Capital / Signals",
    "What the channels said, and what became of it. A withdrawn signal counts nowhere.",
    (
        Row(
            "Signals",
            (
                _panel("timeseries", "Each hour", "By channel.", "signals_each_hour"),
                _panel("barchart", "Assets", "The most frequent ones.", "signals_by_asset"),
                _panel("table", "Channels", "How many, and the newest.", "signals_by_channel"),
                _panel("table", "Newest", "The last twenty.", "newest_signals"),
            ),
        ),
        Row(
            "Outcomes",
            (
                _panel(
                    "table",
                    "By channel",
                    "Targets and stops as the channels told them; most is never told.",
                    "outcomes_by_channel",
                ),
                _panel("barchart", "Altogether", "Told outcomes.", "outcomes"),
            ),
        ),
    ),
    source=POSTGRES,
)
