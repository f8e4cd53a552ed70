"""Instruments made from the metric table."""

import pytest

from contracts import metrics
from contracts.metrics import Metric
from contracts.telemetry import CONTENT_TYPE, Telemetry


@pytest.fixture(params=[metrics.GATEWAY, metrics.API], ids=["gateway", "api"])
def table(request: pytest.FixtureRequest) -> tuple[Metric, ...]:
    """Each service's part of the table."""
    part: tuple[Metric, ...] = request.param
    return part


def shown(telemetry: Telemetry) -> list[str]:
    """The exposition's lines; the telemetry is closed."""
    lines = telemetry.exposition().decode().splitlines()
    telemetry.close()
    return lines


def test_every_name_of_the_table_is_exposed_as_it_stands(table: tuple[Metric, ...]) -> None:
    """No unit or suffix is added, nothing of the library is shown beside."""
    telemetry = Telemetry(table, "test", "0")
    for metric in table:
        if metric.kind == "gauge":
            telemetry.gauge(metric.name, lambda: 1.0)
        elif metric.kind == "histogram":
            telemetry.record(metric.name, 1.0, **dict.fromkeys(metric.labels, "x"))
        elif not all(metric.labels.values()):
            telemetry.add(metric.name, 1, **dict.fromkeys(metric.labels, "x"))
    typed = [line.split()[2:4] for line in shown(telemetry) if line.startswith("# TYPE ")]
    ours = {name: kind for name, kind in typed if not name.startswith("process_")}
    expected = {metric.name: metric.kind for metric in table}
    assert {**expected, "target_info": "gauge"} | ours == {**expected, "target_info": "gauge"}
    assert set(expected) <= set(ours)


def test_a_counter_is_there_from_the_first_scrape(table: tuple[Metric, ...]) -> None:
    """With each label value that the table names, at 0: rates and alerts need the start."""
    lines = shown(Telemetry(table, "test", "0"))
    for metric in table:
        if metric.kind == "counter" and all(metric.labels.values()):
            found = [
                line for line in lines if line.startswith((f"{metric.name}{{", f"{metric.name} "))
            ]
            expected = 1
            for values in metric.labels.values():
                expected *= len(values)
            assert len(found) == expected, metric.name
            assert all(line.endswith(" 0.0") for line in found)


def test_a_gauge_is_read_at_each_scrape() -> None:
    """One number, or one for each value of its label."""
    telemetry = Telemetry(metrics.API, "test", "0")
    readings = iter([1.0, 2.0])
    telemetry.gauge("api_requests_in_flight", lambda: next(readings))
    telemetry.gauge("api_pool_connections", lambda: {"idle": 3, "busy": 1})
    assert b"\napi_requests_in_flight 1.0\n" in telemetry.exposition()
    lines = shown(telemetry)
    assert "api_requests_in_flight 2.0" in lines
    assert 'api_pool_connections{state="busy"} 1.0' in lines


def test_a_histogram_has_the_table_s_bounds() -> None:
    """Buckets as documented."""
    telemetry = Telemetry(metrics.GATEWAY, "test", "0")
    telemetry.record("outbox_commit_seconds", 0.0001)
    bounds = next(m.bounds for m in metrics.GATEWAY if m.name == "outbox_commit_seconds")
    assert bounds
    buckets = [line for line in shown(telemetry) if line.startswith("outbox_commit_seconds_bucket")]
    assert len(buckets) == len(bounds) + 1


def test_a_name_outside_the_table_is_refused() -> None:
    """Nothing is measured that is not documented."""
    telemetry = Telemetry(metrics.GATEWAY, "test", "0")
    with pytest.raises(KeyError):
        telemetry.add("surprise_total")
    with pytest.raises(KeyError):
        telemetry.record("surprise_seconds", 1)
    with pytest.raises(KeyError):
        telemetry.gauge("surprise", lambda: 1)
    telemetry.close()


def test_two_in_one_process_do_not_meet() -> None:
    """Each has its own registry."""
    one, other = (Telemetry(metrics.GATEWAY, "test", "0") for _ in range(2))
    one.add("outbox_duplicates_total", 5)
    assert "outbox_duplicates_total 5.0" in shown(one)
    assert "outbox_duplicates_total 0.0" in shown(other)


def test_the_content_type_is_prometheus_text() -> None:
    """Version 0.0.4."""
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")
