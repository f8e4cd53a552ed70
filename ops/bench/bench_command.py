"""`tpcapital bench`: how fast, how steady and how large the pipeline is on this machine."""

import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from ops.bench.bench_commit import measure_commit
from ops.bench.bench_drain import measure_drain
from ops.bench.bench_figure import Figure
from ops.bench.bench_ingest import measure_ingest, measure_roundtrip
from ops.bench.bench_machine import machine
from ops.bench.bench_reads import measure_reads
from ops.bench.bench_receive import measure_receive
from ops.bench.bench_scale import measure_scale
from ops.bench.bench_stack import MESSAGES, BenchStack, bench_stack
from ops.bench.bench_stream import measure_stream
from ops.bench.bench_view import plain_lines, rich_table
from ops.dsn_option import no_password
from ops.number import WholeNumber

MEASURES: dict[str, Callable[[BenchStack, float], Iterator[Figure]]] = {
    "commit": measure_commit,
    "roundtrip": measure_roundtrip,
    "receive": measure_receive,
    "ingest": measure_ingest,
    "drain": measure_drain,
    "reads": measure_reads,
    "stream": measure_stream,
    "scale": measure_scale,
}
_USUAL = tuple(name for name in MEASURES if name != "scale")  # that one takes minutes by itself
QUICK = 0.1


@click.command()
@click.option(
    "--only", multiple=True, type=click.Choice(list(MEASURES)), help="Just this one; repeatable."
)
@click.option("--quick", is_flag=True, help="A tenth of the sizes: to see that it runs.")
@click.option("--json", "as_json", is_flag=True, help="Print the document instead of the table.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    show_default="bench-results/<time>.json",
    help="Where to write the document.",
)
@click.option(
    "--messages",
    type=WholeNumber(min=1_000),
    default=MESSAGES,
    show_default=True,
    help="How long a history `--only scale` makes.",
)
@click.option(
    "--dsn",
    envvar="BENCH_DATABASE_URL",
    callback=no_password,
    help="Measure on this server, in databases that are made and dropped (BENCH_DATABASE_URL).",
)
def bench(  # noqa: PLR0913  # click names each option
    *,
    only: tuple[str, ...],
    quick: bool,
    as_json: bool,
    output: Path | None,
    messages: int,
    dsn: str | None,
) -> None:
    """Measure latencies, throughput and memory on an embedded PostgreSQL with fsync on.

    `scale`, a long history, is measured only when it is asked for.
    """
    taken = datetime.now(UTC)
    facts, figures = _measure(only or _USUAL, QUICK if quick else 1, messages, dsn)
    document = {
        "taken_at": taken.isoformat(timespec="seconds"),
        "scale": QUICK if quick else 1,
        "machine": facts,
        "figures": msgspec.to_builtins(figures),
    }
    path = output or Path("bench-results", f"{taken:%Y-%m-%dT%H%M%S}.json")
    _write(path, document)
    _print(figures, json.dumps(document) if as_json else None)
    _say(f"written to {path}")


def _measure(
    names: tuple[str, ...], scale: float, messages: int, dsn: str | None
) -> tuple[dict[str, Any], list[Figure]]:
    """The machine's facts and the figures of these measures, in their order."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="tpcapital-bench-") as folder:
        _say("starting PostgreSQL …")
        with bench_stack(Path(folder), dsn, messages) as stack:
            facts = machine(stack.dsn)
            for name in names:
                _say(f"measuring {name} …")
                figures += MEASURES[name](stack, scale)
    return facts, figures


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _print(figures: list[Figure], document: str | None) -> None:
    console = Console()
    if document is not None:
        click.echo(document)
    elif console.is_terminal:
        console.print(rich_table(figures))
    else:
        click.echo("\n".join(plain_lines(figures)))


def _say(words: str) -> None:
    click.echo(words, err=True)
