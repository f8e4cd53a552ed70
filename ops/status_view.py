"""What `tpcapital status` shows: a row a component, and one line of verdict."""

import sys
import time
from collections.abc import Sequence
from typing import Any, Final

import click
import msgspec
from rich.console import Group
from rich.text import Text

from ops.rendering import Age, Sheet, Size, columns_of, drawn, human, show, terminal
from ops.standing import Standing, Verdict

_COLUMNS: Final = ("component", "by", "state", "for", "version", "pid", "memory", "restarts", "key")
# What a narrow terminal does without, in this order; the key goes to a line of its own.
_DISPENSABLE: Final = ("key", "pid", "version", "restarts", "by", "for", "memory")
_COLOURS: Final = {0: "green", 1: "yellow", 2: "red", 3: "magenta"}


def print_all(rows: Sequence[Standing], verdict: Verdict, *, as_json: bool) -> None:
    """Print them as it suits where they go; colours only on a terminal."""
    if as_json:
        show(document(rows, verdict), as_json=True)
    elif sys.stdout.isatty():
        console = terminal()
        console.print(frame(rows, verdict, console.width))
    else:
        show(None, Sheet("", _COLUMNS, [_cells(row) for row in rows]), as_json=False)
        for line in (*_troubles(rows), _said(verdict)):
            click.echo(line)


def frame(rows: Sequence[Standing], verdict: Verdict, width: int) -> Group:
    """All of it for a terminal so many columns wide."""
    sheet = _fitting([_cells(row) for row in rows], width)
    keys = [] if "key" in sheet.columns else [f"{row.name}: {row.key}" for row in rows if row.key]
    lines = [Text(human(line)) for line in (*keys, *_troubles(rows))]
    return Group(drawn(sheet), *lines, Text(_said(verdict), style=_COLOURS[verdict.status]))


def document(rows: Sequence[Standing], verdict: Verdict) -> dict[str, Any]:
    """The same for programs."""
    return {
        "verdict": verdict.word,
        "status": verdict.status,
        "reason": verdict.reason,
        "components": msgspec.to_builtins(rows),
    }


def _fitting(rows: Sequence[Sequence[Any]], width: int) -> Sheet:
    """The columns that fit, none of whose words is broken."""
    columns = [*_COLUMNS]
    sheet = Sheet("", columns, rows)
    for gone in _DISPENSABLE:
        if columns_of(sheet) <= width:
            break
        columns = [name for name in columns if name != gone]
        kept = [_COLUMNS.index(name) for name in columns]
        sheet = Sheet("", columns, [[row[place] for place in kept] for row in rows])
    return sheet


def _troubles(rows: Sequence[Standing]) -> list[str]:
    return [f"{row.name}: {human(row.trouble)}" for row in rows if row.trouble]


def _said(verdict: Verdict) -> str:
    return f"{verdict.word}: {human(verdict.reason)}" if verdict.reason else verdict.word


def _cells(row: Standing) -> list[Any]:
    age = None if row.since is None else Age(max(0.0, time.time() - row.since))
    return [
        row.name,
        row.supervisor,
        row.state,
        age,
        row.version,
        row.pid,
        _memory(row),
        row.restarts,
        row.key or None,
    ]


def _memory(row: Standing) -> str | None:
    if row.memory_bytes is None:
        return None
    limit = f" / {human(Size(row.memory_limit_bytes))}" if row.memory_limit_bytes else ""
    return human(Size(row.memory_bytes)) + limit
