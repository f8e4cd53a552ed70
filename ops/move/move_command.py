"""`tpcapital migrate-from-monolith`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ops.dsn_option import no_password
from ops.move import move
from ops.move.move_journal import Journal, opened
from ops.move.move_site import Site
from ops.number import WholeNumber
from ops.rendering import Sheet, json_option, show

F = TypeVar("F", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)
_OLD = (
    click.option("--old-env", type=_PATH, required=True, help="The old program's env file."),
    click.option(
        "--old-session",
        type=_PATH,
        help="The old session: a file, or its folder. Default: .session beside the env file, else"
        " TELEGRAM_SESSION in it.",
    ),
    click.option("--old-unit", "old_units", multiple=True, help="A systemd unit of the old one."),
    click.option("--old-pid", "old_pids", multiple=True, type=int, help="A process of it."),
    click.option(
        "--old-port",
        "old_ports",
        multiple=True,
        type=WholeNumber(1, 65535),
        default=(4005, 4006),
        show_default=True,
        help="A port that it served.",
    ),
    click.option(
        "--old-database",
        envvar="OLD_DATABASE_URL",
        metavar="DSN",
        callback=no_password,
        help="The old database (OLD_DATABASE_URL). Default: TIMESCALEDB_* of the env file.",
    ),
    click.option(
        "--to",
        "new_database",
        metavar="DSN",
        callback=no_password,
        help="Another database to move into; default: in place.",
    ),
    click.option("--no-database", is_flag=True, help="Leave the database alone."),
    click.option(
        "--channel", "channels", metavar="NAME=ID", multiple=True, help="As `tpcapital adopt` has."
    ),
)
_NEW = (
    click.option(
        "--config", type=_PATH, default="/etc/tp-capital", show_default=True, help="Settings."
    ),
    click.option(
        "--state",
        type=_PATH,
        default="/var/lib/tp-capital-gateway",
        show_default=True,
        help="Outbox, session, and the journal of the move.",
    ),
    click.option(
        "--backups",
        type=_PATH,
        default="/var/backups/tp-capital",
        show_default=True,
        help="Where the copy of the old installation goes.",
    ),
    click.option("--service-user", default="tp-capital", show_default=True, help="Its owner."),
    click.option("--compose", type=_PATH, help="Start the API with this compose file."),
    click.option(
        "--api-unit", default="tp-capital-api", show_default=True, help="Else with this unit."
    ),
    click.option(
        "--gateway-unit", default="tp-capital-gateway", show_default=True, help="The gateway's."
    ),
    click.option(
        "--api-url", default="http://127.0.0.1:4005", show_default=True, help="The API's address."
    ),
    click.option(
        "--gateway-url",
        default="http://127.0.0.1:4006",
        show_default=True,
        help="The gateway's address.",
    ),
)


def _site_options(function: F) -> F:
    for option in reversed((*_OLD, *_NEW)):
        function = option(function)
    return function


@click.command("migrate-from-monolith")
@_site_options
@click.option("--run", "runs", is_flag=True, help="Do it; without, it is only shown.")
@click.option(
    "--again",
    multiple=True,
    type=click.Choice([step.name for step in move.STEPS]),
    help="With --run: do this step once more although it is done.",
)
@click.option("--rollback", is_flag=True, help="Undo the steps that were done, the last first.")
@json_option
def migrate_from_monolith(
    *, runs: bool, again: tuple[str, ...], rollback: bool, as_json: bool, **given: Any
) -> None:
    """Move in from the old system: backup, settings, tokens, session, database, start, probe.

    Shows the plan and what forbids it, with status 1 when something does; --run does it. The old
    program must be stopped, and is proven to be: two processes on one Telegram session can cost
    the account. Each step is noted in STATE/move.json before it begins, so --run goes on where it
    was stopped, by an error or a kill, and --rollback undoes what was begun.

    Nothing of the old installation is deleted: its files get the ending .moved, its tables another
    schema. Nobody connects to Telegram before the new gateway starts.
    """
    if runs and rollback:
        raise click.UsageError("Give --run or --rollback, not both.")
    site = Site(**given)
    if rollback:
        _undo(site, as_json=as_json)
    elif runs:
        _run(site, again, as_json=as_json)
    else:
        _plan(site, as_json=as_json)


def _plan(site: Site, *, as_json: bool) -> None:
    steps = move.document(site, Journal.read(site.journal))
    _show(steps, {"run": False}, as_json=as_json)
    if any(step["problems"] for step in steps):
        click.get_current_context().exit(1)


def _run(site: Site, again: tuple[str, ...], *, as_json: bool) -> None:
    done = []
    with opened(site.journal) as journal:
        for name in move.run(site, journal, again):
            done.append(name)
            click.echo(f"{name}: done", err=True)
        _show(move.document(site, journal), {"run": True, "done": done}, as_json=as_json)


def _undo(site: Site, *, as_json: bool) -> None:
    undone = []
    with opened(site.journal) as journal:
        for name, said in move.roll_back(site, journal):
            undone.append({"name": name, "said": said})
            click.echo(f"{name}: undone", err=True)
    rows = [(each["name"], line) for each in undone for line in (each["said"] or ["undone"])]
    sheet = Sheet("rolled back", ("step", "what"), rows, "nothing was begun")
    show({"rolled_back": undone}, sheet, as_json=as_json)


def _show(steps: list[dict[str, Any]], head: dict[str, Any], *, as_json: bool) -> None:
    rows = [
        (step["name"], step["state"] or "to do", line)
        for step in steps
        for line in (*step["plan"], *(f"PROBLEM: {said}" for said in step["problems"]))
    ]
    title = "done" if head["run"] else "the plan; --run does it"
    show(
        {**head, "steps": steps, "watch": list(move.WATCH)},
        Sheet(title, ("step", "state", "what"), rows),
        Sheet("watch for a day", ("what",), [(line,) for line in move.WATCH]),
        as_json=as_json,
    )
