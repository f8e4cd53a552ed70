"""How the figures look: a table, coloured on a terminal, plain columns in a pipe."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from ops.bench.bench_figure import Aim, Figure

HEADS = ("figure", "measured", "aim", "over its floor")


def rich_table(figures: Iterable[Figure]) -> Table:
    """For a terminal."""
    table = Table(*HEADS, title="TP Capital pipeline", title_justify="left")
    for figure in figures:
        what = Text.assemble((figure.name, "bold"), "\n", (figure.what, "dim"))
        table.add_row(what, _measured(figure), _aims(figure), _floor(figure))
    return table


def plain_lines(figures: Iterable[Figure]) -> list[str]:
    """For a pipe: a line a figure, in columns."""
    rows = [HEADS, *((f.name, _measured(f), _aims(f).plain, _floor(f)) for f in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    return [_line(row, widths) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _measured(figure: Figure) -> str:
    values = ", ".join(
        f"{name} {_number(value)}" for name, value in figure.values.items() if name != "samples"
    )
    samples = figure.values.get("samples")
    return f"{values} {figure.unit}" + (f" (of {samples:.0f})" if samples else "")


def _aims(figure: Figure) -> Text:
    parts = [(_aim(aim), "green" if aim.met else "red") for aim in figure.aims]
    return Text("; ").join(Text(words, style) for words, style in parts)


def _aim(aim: Aim) -> str:
    sign = "<" if aim.better == "lower" else ">="
    return f"{aim.value} {sign} {_number(aim.bound)}: {'met' if aim.met else 'missed'}"


def _floor(figure: Figure) -> str:
    floor = figure.floor
    return f"{floor.ratio:g} x {floor.name} ({_number(floor.is_)})" if floor else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004  # three digits
