"""`tpcapital parse`: what the signal parser makes of a text."""

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, TextIO

import click
import msgspec
import orjson
from rich.console import Console
from rich.table import Table

from ingest_api.parser.signal import Reading
from ingest_api.parser.signal_parser import parse as parse_text
from ingest_api.signals.understood import of_reading


class TextLine(msgspec.Struct, frozen=True):
    """One line of `--jsonl`: other members are left alone."""

    text: Annotated[str, msgspec.Meta(description="a message's text")]


def understood(reading: Reading) -> dict[str, Any]:
    """A reading as JSON's types: `kind`, `signal` (prices as strings) or None, `reason` or None."""
    found: dict[str, Any] = msgspec.to_builtins(of_reading(reading))
    if found["signal"]:
        del found["signal"]["all_targets"]
    return found


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--jsonl", is_flag=True, help='Read lines {"text": ...}, print a JSON line for each.')
def parse(*, as_json: bool, jsonl: bool) -> None:
    """Show what the signal parser understands of the text on standard input.

    The answer is a signal, not_a_signal, or malformed with the reason. With --jsonl a line that
    is no {"text": ...} gets an error with its number on standard error and no output line; the
    exit status is then 1, after all other lines.
    """
    if as_json and jsonl:
        raise click.UsageError("--json and --jsonl exclude each other: --jsonl prints JSON too")
    if jsonl:
        sys.exit(_parse_lines(sys.stdin.buffer, sys.stdout))
    raw = sys.stdin.buffer.read()
    answer = understood(parse_text(raw.decode("utf-8", errors="replace")))
    if as_json:
        click.echo(orjson.dumps(answer))
    elif sys.stdout.isatty():
        Console().print(_table(answer))
    else:
        for name, value in _rows(answer):
            click.echo(f"{name}: {value}")


def _parse_lines(lines: Iterable[bytes], out: TextIO) -> int:
    """Answer each line; the exit status. Memory holds one line at a time."""
    status, live = 0, out.isatty()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            text = msgspec.json.decode(line, type=TextLine).text
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            click.echo(f'line {number}: {error}; write {{"text": "..."}}', err=True)
            status = 1
            continue
        out.write(orjson.dumps(understood(parse_text(text))).decode() + "\n")
        if live:
            out.flush()
    out.flush()
    return status


def _rows(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "kind", answer["kind"]
    for name, value in (answer["signal"] or {}).items():
        shown = ", ".join(value) if isinstance(value, list) else value
        yield name, shown or "-"
    if answer["reason"]:
        yield "reason", answer["reason"]


def _table(answer: dict[str, Any]) -> Table:
    table = Table(show_header=False, title="what the parser understood")
    for name, value in _rows(answer):
        table.add_row(name, value)
    return table
