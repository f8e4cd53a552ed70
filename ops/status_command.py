"""`tpcapital status`: is it well?"""

import time
from contextlib import suppress

import click

from ops.rendering import json_option
from ops.status_view import print_all

_EVERY_SECONDS = 2.0


@click.command()
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@json_option
@click.pass_context
def status(ctx: click.Context, *, watch: bool, as_json: bool) -> None:
    """Show one row a component and one line of verdict.

    Whoever runs them is found by looking: systemd units, containers of the compose file, or
    processes that `tpcapital start` began.

    Exit status: 0 well, 1 degraded, 2 down, 3 it cannot be told.
    """
    if watch:
        with suppress(KeyboardInterrupt):  # the way to end it
            while True:
                _look(clear=not as_json, as_json=as_json)
                time.sleep(_EVERY_SECONDS)
        return
    ctx.exit(_look(clear=False, as_json=as_json))


def _look(*, clear: bool, as_json: bool) -> int:
    """Show how it is now; returns the verdict's exit status."""
    from ops.installation import find
    from ops.standing import verdict

    rows = find().standings()
    found = verdict(rows)
    if clear:
        click.clear()
    print_all(rows, found, as_json=as_json)
    return found.status
