"""`tpcapital demo`: the main job on this machine, with nothing but Python."""

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import click
import psycopg
from rich.console import Console
from rich.live import Live

from ops.child_process import ChildFailedError
from ops.demo_figures import Figures, read_figures, read_recent
from ops.demo_stack import PortInUseError, Stack, running_stack
from ops.demo_view import address_lines, demo_panel, plain_line
from ops.embedded_postgres import EmbeddedPostgresError
from ops.number import Number, WholeNumber

EXPORT = Path(__file__).parent / "demo" / "result.json"
RECENT_ROWS = 12
PAUSE_SECONDS = 0.25


@click.command()
@click.option("--once", is_flag=True, help="End when all is delivered; the last line is JSON.")
@click.option(
    "--port-offset",
    type=WholeNumber(-4004, 61528),
    default=0,
    help="Move ports 4005, 4006 and 4007 by N.",
)
@click.option(
    "--rate",
    type=Number(min=0, min_open=True),
    help="Messages a second. [default: 20, with --once as fast as they commit]",
)
@click.option(
    "--export",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=EXPORT,
    show_default="the bundled one",
    help="A Telegram Desktop export (result.json) to replay.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Folder for database and outbox; kept, so that a second run finds all stored.",
)
def demo(*, once: bool, port_offset: int, rate: float | None, export: Path, data: Path) -> None:
    """Replay an export through gateway, outbox, API and an embedded PostgreSQL."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if rate is None and not once:
        rate = 20.0
    screen = Console(stderr=once)
    screen.print("starting PostgreSQL, the ingest API and the gateway …", highlight=False)
    try:
        with (
            running_stack(data.resolve(), port_offset, export.resolve(), rate) as stack,
            psycopg.connect(stack.dsn, autocommit=True) as database,
        ):
            figures = _show(stack, database, screen, once=once)
    except (PortInUseError, ChildFailedError, EmbeddedPostgresError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        screen.print("stopped: gateway, API, PostgreSQL")
        return
    if figures.source == "failed":
        _fail(f"the replay of {export} failed; see {data}/gateway.log")
    click.echo(json.dumps(figures._asdict()))


def _show(
    stack: Stack, database: psycopg.Connection[Any], screen: Console, *, once: bool
) -> Figures:
    """Watch the pipeline until it is done (`once`) or we are interrupted."""
    if screen.is_terminal:
        return _watch(stack, database, screen, once=once)
    for name, address in address_lines(stack):
        screen.print(f"{name}: {address}", soft_wrap=True, markup=False, highlight=False)
    last = ""
    while True:
        stack.check()
        figures = read_figures(stack, database)
        if (line := plain_line(figures)) != last:
            screen.print(line, soft_wrap=True, highlight=False)
            last = line
        if once and figures.finished:
            return figures
        time.sleep(PAUSE_SECONDS)


def _watch(
    stack: Stack, database: psycopg.Connection[Any], screen: Console, *, once: bool
) -> Figures:
    """The same on a terminal: one panel that is drawn anew."""
    with Live(console=screen, auto_refresh=False) as live:
        while True:
            stack.check()
            figures = read_figures(stack, database)
            panel = demo_panel(stack, figures, read_recent(database, RECENT_ROWS))
            live.update(panel, refresh=True)
            if once and figures.finished:
                return figures
            time.sleep(PAUSE_SECONDS)


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(1)
