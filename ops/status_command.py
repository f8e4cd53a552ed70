"""`tpcapital status`: is it well?"""

import sys
import time
from collections.abc import Generator

import click

from ops.rendering import json_option
from ops.standing import Standing, Verdict
from ops.status_view import frame, print_all

_EVERY_SECONDS = 2.0
_CANNOT_TELL = 3


@click.command()
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@json_option
@click.pass_context
def status(ctx: click.Context, *, watch: bool, as_json: bool) -> None:
    """Show one row a component and one line of verdict.

    Whoever runs them is found by looking: systemd units, containers of the compose file, or
    processes that `tpcapital start` began.

    Exit status: 0 well, 1 degraded, 2 down, 3 it cannot be told; with --watch, as it was last.
    """
    if watch:
        ctx.exit(_watch(as_json=as_json))
    rows, found = _look()
    print_all(rows, found, as_json=as_json)
    ctx.exit(found.status)


def _look() -> tuple[list[Standing], Verdict]:
    """How it is now."""
    from ops.installation import find
    from ops.standing import verdict

    rows = find().standings()
    return rows, verdict(rows)


def _watch(*, as_json: bool) -> int:
    """Show it until Ctrl-C, which is no failure; returns the last verdict's exit status."""
    last = _CANNOT_TELL
    watching = _printed(as_json=as_json) if as_json or not sys.stdout.isatty() else _drawn()
    try:
        for found in watching:
            last = found.status
            time.sleep(_EVERY_SECONDS)
    except KeyboardInterrupt:
        watching.close()
    return last


def _printed(*, as_json: bool) -> Generator[Verdict]:
    """One after the other, for a file or a program."""
    while True:
        rows, found = _look()
        print_all(rows, found, as_json=as_json)
        yield found


def _drawn() -> Generator[Verdict]:
    """On a terminal: one picture that is drawn over, in one go so that it does not flicker."""
    from rich.live import Live

    from ops.rendering import terminal

    console = terminal()
    with Live(console=console, auto_refresh=False) as live:
        while True:
            rows, found = _look()
            live.update(frame(rows, found, console.width), refresh=True)
            yield found
