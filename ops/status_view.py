"""What `tpcapital status` shows: a row a component, and one line of verdict."""

import sys
import time
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from ops.rendering import Age, Sheet, Size, human, show
from ops.standing import Standing, Verdict

_COLUMNS = ("component", "by", "state", "for", "version", "pid", "memory", "restarts", "key")
_COLOURS = {0: "green", 1: "yellow", 2: "red", 3: "magenta"}


def print_all(rows: Sequence[Standing], verdict: Verdict, *, as_json: bool) -> None:
    """Print them; colours only on a terminal."""
    if as_json:
        show(document(rows, verdict), as_json=True)
        return
    show(None, Sheet("", _COLUMNS, [_cells(row) for row in rows]), as_json=False)
    for row in rows:
        if row.trouble:
            click.echo(f"{row.name}: {human(row.trouble)}")
    line = f"{verdict.word}: {human(verdict.reason)}" if verdict.reason else verdict.word
    is_terminal = sys.stdout.isatty()
    click.echo(click.style(line, fg=_COLOURS[verdict.status]) if is_terminal else line)


def document(rows: Sequence[Standing], verdict: Verdict) -> dict[str, Any]:
    """The same for programs."""
    return {
        "verdict": verdict.word,
        "status": verdict.status,
        "reason": verdict.reason,
        "components": msgspec.to_builtins(rows),
    }


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
