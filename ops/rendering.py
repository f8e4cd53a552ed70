"""One way to show things: rich on a terminal, tab-separated text in a pipe, JSON where asked.

What stands in a cell tells how it is shown: a `Size` is bytes, an `Age` seconds, a `Moment`
milliseconds since 1970. A pipe gets the plain number, a terminal what a person reads. Texts come
from strangers: no control character of theirs reaches the terminal.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from contracts import harmless as texts

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_KIB = 1024
_WIDEST = 10_000
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


class Size(int):
    """Bytes."""


class Age(float):
    """Seconds."""


class Moment(int):
    """Milliseconds since 1970."""


class Sheet(NamedTuple):
    """Rows under column names; `title` and `empty` (said when there is no row) are for people."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    empty: str = "nothing"


class Facts(NamedTuple):
    """Names and values of one thing."""

    title: str
    values: Mapping[str, Any]


def show(document: Any, *parts: Sheet | Facts, as_json: bool) -> None:
    """Print `document` as JSON when asked to, else the parts, as it suits where they go."""
    if as_json:
        click.echo(json.dumps(document, indent=2))
    elif sys.stdout.isatty():
        console = terminal()
        for part in parts:
            console.print(drawn(part))
    else:
        click.echo("\n".join(_plain(part) for part in parts), nl=False)


def terminal() -> Console:
    """The terminal, which takes no text for markup."""
    return Console(markup=False, highlight=False)


def drawn(part: Sheet | Facts) -> Table | Text | Panel:
    """A part as a terminal shows it."""
    return _panel(part) if isinstance(part, Facts) else _table(part)


def columns_of(part: Sheet) -> int:
    """How wide a terminal must be for a sheet none of whose words is broken."""
    console = Console(width=_WIDEST)
    return Measurement.get(console, console.options, _table(part)).maximum


def human(value: Any) -> str:
    """A cell as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Size):
        return _human_size(value)
    if isinstance(value, Age):
        return _human_age(value)
    if isinstance(value, Moment):
        return datetime.fromtimestamp(value / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return harmless(str(value))


def harmless(text: str) -> str:
    """The text with what could steer a terminal made visible; line ends and tabs stay."""
    return texts.harmless(text, "\n\t")


def _human_size(size: int) -> str:
    amount, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < _KIB:
            break
        amount, unit = amount / _KIB, larger
    return f"{size} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"


def _human_age(age: float) -> str:
    """The two largest units, as `3 d 4 h`."""
    left = round(age)
    parts: list[str] = []
    for unit, seconds in _UNITS:
        number, left = divmod(left, seconds)
        if number or (unit == "s" and not parts):
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])


def _table(sheet: Sheet) -> Table | Text:
    if not sheet.rows:
        return Text(sheet.empty)
    table = Table(box=SIMPLE_HEAD, title=sheet.title or None, title_justify="left")
    for place, column in enumerate(sheet.columns):
        numbers = all(isinstance(row[place], int | float | None) for row in sheet.rows)
        justify: Literal["left", "right"] = "right" if numbers else "left"
        table.add_column(column, justify=justify, no_wrap=numbers, overflow="fold")
    for row in sheet.rows:
        table.add_row(*(Text(human(cell)) for cell in row))
    return table


def _panel(facts: Facts) -> Panel:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts.values.items():
        grid.add_row(Text(name, style="bold"), Text(human(value)))
    return Panel(grid, title=Text(facts.title), title_align="left", expand=False)


def _plain(part: Sheet | Facts) -> str:
    sheet = part
    if isinstance(sheet, Facts):
        sheet = Sheet(sheet.title, ("name", "value"), list(sheet.values.items()))
    lines = [sheet.columns, *([_cell(cell) for cell in row] for row in sheet.rows)]
    return "".join("\t".join(line) + "\n" for line in lines)


def _cell(value: Any) -> str:
    """A cell on one line: no tab or line end of a text is taken for one of the table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Age):
        return f"{value:.3f}"
    text = harmless(str(value).replace("\\", "\\\\"))
    return text.replace("\n", "\\n").replace("\t", "\\t")
