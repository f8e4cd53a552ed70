"""A dashboard as SVG, from the JSON that Grafana gets and the answers of a real Prometheus.

Grafana itself is in no package index of ours; these pictures show its panels, places, titles, units
and thresholds, not its looks.
"""

from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

CELL_W, CELL_H = 50, 32
COLOURS = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0")
Series = tuple[str, list[tuple[float, float]]]
Ask = Callable[[dict[str, Any], bool], list[Series]]


class Box(NamedTuple):
    """Where a panel is, in pixels."""

    x: float
    y: float
    w: float
    h: float


def picture(dashboard: dict[str, Any], ask: Ask) -> str:
    """The whole dashboard; `ask` answers a panel's target, over time or for now."""
    parts, bottom = [], 0.0
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        box = Box(place["x"] * CELL_W, place["y"] * CELL_H + 40, place["w"] * CELL_W, 0)
        box = box._replace(h=place["h"] * CELL_H)
        bottom = max(bottom, box.y + box.h)
        parts.append(_row(panel, box) if panel["type"] == "row" else _panel(panel, box, ask))
    width = 24 * CELL_W
    head = _text(12, 26, dashboard["title"], 18)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 8:.0f}"'
        f' font-family="sans-serif"><rect width="100%" height="100%" fill="#111217"/>'
        f"{head}{''.join(parts)}</svg>\n"
    )


def _row(panel: dict[str, Any], box: Box) -> str:
    return _text(box.x + 8, box.y + 22, panel["title"], 14)


def _panel(panel: dict[str, Any], box: Box, ask: Ask) -> str:
    over_time = panel["type"] == "timeseries"
    series = [found for target in panel["targets"] for found in ask(target, over_time)]
    frame = (
        f'<rect x="{box.x + 3}" y="{box.y + 3}" width="{box.w - 6}" height="{box.h - 6}"'
        f' fill="#181b1f" stroke="#2c3235"/>'
    )
    draw = {"stat": _stat, "timeseries": _lines}.get(panel["type"], _table)
    title = _text(box.x + 12, box.y + 20, panel["title"], 12)
    return frame + draw(panel, box, series) + title


def _stat(panel: dict[str, Any], box: Box, series: list[Series]) -> str:
    value = series[0][1][-1][1] if series else None
    colour = "#555" if value is None else _colour(panel, value)
    words = "no data" if value is None else _number(value, panel["fieldConfig"]["defaults"]["unit"])
    return _text(box.x + box.w / 2 - 8 * len(words), box.y + box.h * 0.7, words, 28, colour)


def _colour(panel: dict[str, Any], value: float) -> str:
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    name = [each["color"] for each in steps if each["value"] is None or value >= each["value"]][-1]
    return {"green": "#73bf69", "red": "#f2495c"}[name]


def _lines(panel: dict[str, Any], box: Box, series: list[Series]) -> str:
    points = [point for _, line in series for point in line]
    if not points:
        return _text(box.x + 12, box.y + box.h / 2, "no data", 12, "#888")
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    top = max(*(p[1] for p in points), 0) or 1.0
    inner = Box(box.x + 14, box.y + 36, box.w - 28, box.h - 74)
    unit = panel["fieldConfig"]["defaults"]["unit"]
    parts = [_text(inner.x, inner.y - 2, _number(top, unit), 9, "#888")]
    for number, (name, line) in enumerate(series[: len(COLOURS)]):
        path = " ".join(
            f"{inner.x + (x - left) / ((right - left) or 1) * inner.w:.1f},"
            f"{inner.y + (1 - max(y, 0) / top) * inner.h:.1f}"
            for x, y in line
        )
        colour = COLOURS[number]
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )
        across = inner.x + number % 4 * inner.w / 4
        down = inner.y + inner.h + 16 + number // 4 * 13
        parts.append(_text(across, down, name[:16], 10, colour))
    return "".join(parts)


def _table(_panel: dict[str, Any], box: Box, series: list[Series]) -> str:
    rows = [f"{name}  {line[-1][1]:g}" for name, line in series][:12]
    return "".join(
        _text(box.x + 12, box.y + 40 + 16 * number, row[:90], 11, "#ccc")
        for number, row in enumerate(rows)
    )


def _number(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{value * 100:.2f} %"
    if unit == "decbytes":
        return f"{value / 1e6:.1f} MB"
    if unit == "s" and value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.4g}{' s' if unit == 's' else ' /min' if unit == 'cpm' else ''}"


def _text(x: float, y: float, words: str, size: int, colour: str = "#d8d9da") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}">{escape(words)}</text>'
    )
