"""`tpcapital status`: is it well?"""

import time

import click

from ops.status_view import print_all

_EVERY_SECONDS = 2.0


@click.command(short_help="Show how every component is, and whether all is well.")
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def status(ctx: click.Context, *, watch: bool, as_json: bool) -> None:
    """Show one row a component and one line of verdict.

    Whoever runs them is found by looking: systemd units, containers of the compose file, or
    processes that `tpcapital start` began.

    Exit status: 0 well, 1 degraded, 2 down, 3 it cannot be told.
    """
    from ops.installation import find
    from ops.standing import verdict

    while True:
        rows = find().standings()
        found = verdict(rows)
        if watch and not as_json:
            click.clear()
        print_all(rows, found, as_json=as_json)
        if not watch:
            ctx.exit(found.status)
        time.sleep(_EVERY_SECONDS)
