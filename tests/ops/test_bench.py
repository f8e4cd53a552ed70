"""The benchmark runs and says what it promises to say; how fast it is, is no matter of a test."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.bench.bench_command import MEASURES, bench
from ops.bench.bench_figure import Figure, latency, rate
from ops.bench.bench_reads import CASES
from ops.bench.bench_scale import QUESTIONS, VIEWS
from ops.bench.bench_stack import BenchStack, bench_stack
from ops.bench.bench_view import plain_lines

TINY = 0.01
TABLES = ("all", "messages", "message_revisions", "tp_capital_signals", "follow_ups")
FIGURES = {
    "commit": ["bare_fsync", "bare_commit", "commit"],
    "roundtrip": ["bare_roundtrip", "bare_insert", "roundtrip", "ingest_1"],
    "receive": ["receive_to_row"],
    "ingest": ["bare_32", "bare_batch", "ingest_32", "batch_500"],
    "reads": [name for case in CASES for name in (f"bare_read_{case}", f"read_{case}")],
    "stream": ["stream", "stream_memory"],
    "scale": [
        "scale_fill",
        *(f"scale_bytes_{name}" for name in TABLES),
        *(f"scale_{name}" for name in QUESTIONS),
        *(f"scale_view_{name}" for name in VIEWS),
        *("scale_ingest", "scale_replay", "scale_edits"),
    ],
    "drain": ["bare_drain", "drain_8", "api_memory", "gateway_memory", "drain_1"],
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BenchStack]:
    """One PostgreSQL for all the measures."""
    with bench_stack(tmp_path_factory.mktemp("bench")) as found:
        yield found


@pytest.mark.parametrize("name", [each for each in MEASURES if each not in {"drain", "scale"}])
def test_a_measure_gives_its_figures(stack: BenchStack, name: str) -> None:
    """Each has a unit and values that are numbers above zero."""
    check(list(MEASURES[name](stack, TINY)), FIGURES[name])


@pytest.mark.long
@pytest.mark.parametrize("name", ["drain", "scale"])
def test_a_long_measure_gives_its_figures(stack: BenchStack, name: str) -> None:
    """The same of the measures that start the most processes and write the most rows."""
    check(list(MEASURES[name](stack, TINY)), FIGURES[name])


def check(figures: list[Figure], names: list[str]) -> None:
    """These figures, in this order, whole."""
    assert [figure.name for figure in figures] == names
    for figure in figures:
        assert figure.unit in {"ms", "messages/s", "MB", "bytes"}
        assert all(value > 0 for value in figure.values.values())


def test_the_command_prints_columns_and_writes_json(tmp_path: Path) -> None:
    """In a pipe a plain table; the file has the machine, each figure, its aim and its floor."""
    output = tmp_path / "results" / "today.json"
    run = CliRunner().invoke(bench, ["--quick", "--only", "roundtrip", "--output", str(output)])
    assert run.exit_code == 0, run.output
    assert run.stdout.splitlines()[0].split()[:2] == ["figure", "measured"]
    document = json.loads(output.read_text(encoding="utf-8"))
    assert set(document) == {"taken_at", "scale", "machine", "figures"}
    assert document["scale"] == 0.1
    assert document["machine"]["postgres"]["fsync"] == "on"
    assert document["machine"]["postgres"]["synchronous_commit"] == "on"
    found = document["figures"][2]
    assert set(found["values"]) == {"p50", "p99", "min", "max", "samples"}
    assert (found["aims"][0]["bound"], found["aims"][0]["better"]) == (5, "lower")
    assert (found["floor"]["name"], found["floor"]["value"]) == ("bare_insert", "p50")


def test_percentiles_are_samples() -> None:
    """No value is shown that was never measured; the worst of a hundred is above p99."""
    figure = latency("x", "waits", [float(wait) for wait in range(100, 0, -1)])
    assert figure.values == {"p50": 50, "p99": 99, "min": 1, "max": 100, "samples": 100}


def test_an_aim_is_judged_and_a_floor_is_a_ratio() -> None:
    """Lower must be below, a rate at least; the table says both in words."""
    floor = rate("bare", "nothing", [400.0])
    figure = rate("some", "work", [100.0, 300.0]).over(floor, "median")
    assert figure.floor is not None
    assert figure.floor.ratio == 0.5
    assert figure.with_aim("median", at_least=200).aims[0].met
    assert not figure.with_aim("median", below=200).aims[0].met
    line = plain_lines([figure.with_aim("median", at_least=500)])[1]
    assert "median >= 500: missed" in line
    assert "0.5 x bare (400)" in line


def test_an_unknown_measure_is_refused() -> None:
    """With the names there are."""
    run = CliRunner().invoke(bench, ["--only", "everything"])
    assert run.exit_code == 2
    assert "receive" in run.output
