"""How the demo looks: a live panel on a terminal, a line at each change in a pipe."""

from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ops.demo.demo_figures import Figures, RecentMessage
from ops.demo.demo_stack import Stack

TEXT_WIDTH = 56
_STYLE = {"signal": "green", "malformed": "yellow", "not_a_signal": "dim"}


def demo_panel(stack: Stack, figures: Figures, recent: Sequence[RecentMessage]) -> Panel:
    """The whole screen: where to look, what was counted, what arrived last."""
    return Panel(
        Group(_addresses(stack), Text(), _counts(figures), Text(), _messages(recent)),
        title=f"TP Capital pipeline · replay {figures.source}",
        subtitle="Ctrl-C stops everything",
        border_style="cyan",
        padding=(1, 2),
    )


def plain_line(figures: Figures) -> str:
    """The counts in one line without colour."""
    return (
        f"replay {figures.source}: received {figures.received}, stored {figures.stored},"
        f" signals {figures.signals}, duplicates {figures.duplicates},"
        f" dead letters {figures.dead_letter}, pending {figures.pending}"
    )


def address_lines(stack: Stack) -> list[tuple[str, str]]:
    """What to open while the demo runs."""
    return [
        ("signals", f"{stack.api_url}/signals?limit=5"),
        ("API health, metrics", f"{stack.api_url}/health  {stack.api_url}/metrics"),
        ("gateway health, metrics", f"{stack.gateway_url}/health  {stack.gateway_url}/metrics"),
        ("outbox", f'sqlite3 -readonly {_short(stack.outbox)} "SELECT * FROM summary"'),  # noqa: S608  # shown, never run
        ("database", _psql(stack)),
    ]


def _psql(stack: Stack) -> str:
    parts = conninfo_to_dict(stack.dsn)
    place = f"-h {parts['host']} -p {parts['port']} -U {parts['user']} {parts['dbname']}"
    return f"PGPASSFILE={_short(stack.pgpass)} psql {place}"


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _addresses(stack: Stack) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, address in address_lines(stack):
        table.add_row(Text(name, style="bold"), Text(address, overflow="fold"))
    return table


def _counts(figures: Figures) -> Table:
    table = Table(expand=True, box=None, padding=(0, 1))
    cells = [
        ("received", figures.received, "white"),
        ("stored", figures.stored, "green"),
        ("signals", figures.signals, "green"),
        ("duplicates", figures.duplicates, "cyan"),
        ("malformed", figures.malformed_total, "yellow"),
        ("dead letters", figures.dead_letter, "red" if figures.dead_letter else "white"),
        ("pending", figures.pending, "magenta" if figures.pending else "white"),
        ("in database", figures.messages_total, "white"),
    ]
    for name, _, _ in cells:
        table.add_column(name, justify="right", style="bold")
    table.add_row(*(Text(str(number), style=style) for _, number, style in cells))
    return table


def _messages(recent: Sequence[RecentMessage]) -> Table:
    table = Table(expand=True, box=None, padding=(0, 1))
    table.add_column("channel", no_wrap=True)
    table.add_column("message", justify="right")
    table.add_column("understood", no_wrap=True)
    table.add_column("text", no_wrap=True, overflow="ellipsis", ratio=1)
    for message in recent:
        table.add_row(
            str(message.channel_id),
            f"{message.message_id}{'' if message.revision == 1 else f' (rev {message.revision})'}",
            Text(_understood(message), style=_STYLE.get(message.kind, "")),
            Text(" ".join(message.text.split())[: TEXT_WIDTH * 2] or "(no text)"),
        )
    return table


def _understood(message: RecentMessage) -> str:
    if message.kind != "signal" or message.asset is None:
        return message.kind.replace("_", " ")
    entry = f" at {message.buy_min}" if message.buy_min is not None else ""
    stop = f", stop {message.stop}" if message.stop is not None else ""
    return f"{message.asset}{entry}{stop}"
