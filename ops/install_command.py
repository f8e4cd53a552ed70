"""`tpcapital install` and `tpcapital uninstall`."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from ops import install_plan, shipped_units
from ops.install_layout import Layout, refuse_unreachable
from ops.install_plan import Line
from ops.install_step import Step
from ops.rendering import Sheet, json_option, show

F = TypeVar("F", bound=Callable[..., Any])
_NEXT = """\
Next:
  1. {config}/gateway.env: TELEGRAM_API_ID
  2. {credentials}/telegram_api_hash (mode 0600), or telegram_ingestion_bot_token
  3. tpcapital as-service{user} login
     tpcapital as-service{user} channels add @NAME
  4. the API's GATEWAY_SECRET_TOKEN is the text of {credentials}/gateway_secret_token
  5. systemctl{user} start {gateway}
  6. tpcapital doctor, which warns of no backup until the first: daily at 06:00 UTC, or at once by
     systemctl{user} start tp-capital-backup (without a database on this host: BACKUP_OPTIONS in
     {config}/maintenance.env)"""


def _options(function: F) -> F:
    """What both commands have."""
    for option in (
        json_option,
        click.option("--yes", is_flag=True, help="Carry the plan out; without, it is only shown."),
        click.option(
            "--root",
            default="/",
            show_default=True,
            type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
            help="Another machine's root folder; its systemd is not asked.",
        ),
        click.option("--user", "is_user", is_flag=True, help="For the calling person, not root."),
    ):
        function = option(function)
    return function


@click.command()
@click.option("--api", "with_api", is_flag=True, help="The ingest API too, without a container.")
@_options
def install(root: Path, *, is_user: bool, with_api: bool, yes: bool, as_json: bool) -> None:
    """Install the gateway as a service: user, folders, settings, secrets, units.

    Shows the plan; --yes carries it out. Doing it again changes only what is not as it should be.
    An edited settings file and secrets that are there always stay. Nothing is started but timers.
    """
    layout = _layout(root, is_user=is_user, yes=yes)
    refuse_unreachable(layout)
    version = shipped_units.systemd_version()
    units = shipped_units.units(layout, with_api=with_api, systemd=version)
    _run(install_plan.install_steps(layout, units), "install", yes=yes, as_json=as_json)
    if yes and not as_json:
        names = {"config": layout.config, "credentials": layout.credentials}
        user = " --user" if is_user else ""
        said = _NEXT.format(**names, user=user, gateway=shipped_units.GATEWAY)
        click.echo(said, err=True)


@click.command()
@click.option("--purge", is_flag=True, help="Remove outbox, session, settings and secrets.")
@_options
def uninstall(root: Path, *, is_user: bool, purge: bool, yes: bool, as_json: bool) -> None:
    """Stop the services and remove their units; data, settings and secrets stay.

    Shows the plan; --yes carries it out. With --purge data go too: messages that are not delivered
    yet, and the Telegram session (log it out first: tpcapital as-service logout). Backups stay,
    and the user, whose number nobody else should get.
    """
    layout = _layout(root, is_user=is_user, yes=yes)
    units = shipped_units.units(layout, with_api=True, systemd=sys.maxsize)
    steps = install_plan.uninstall_steps(layout, units, purge=purge)
    _run(steps, "uninstall", yes=yes, as_json=as_json)


def _layout(root: Path, *, is_user: bool, yes: bool) -> Layout:
    if not is_user and root == Path("/") and os.geteuid() != 0:
        doing = "changes" if yes else "looks at"
        raise click.ClickException(f"this {doing} what is root's: use sudo, or --user")
    kind = Layout.of_person if is_user else Layout.of_machine
    return kind(root, Path(sys.prefix))


def _run(steps: Sequence[Step], name: str, *, yes: bool, as_json: bool) -> None:
    before = install_plan.plan(steps)
    if yes:
        try:
            install_plan.carry_out(steps)
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    lines = install_plan.plan(steps) if yes else before
    due = sum(line.is_due for line in before)
    title = f"{name}: {due} of {len(before)} {'done now' if yes else 'to do; --yes does it'}"
    rows = [(each.step.what, each.step.path, _state(each), each.step.why) for each in lines]
    document = {
        "command": name,
        "carried_out": yes,
        "due": due,
        "steps": [_document(line) for line in lines],
    }
    show(document, Sheet(title, ("what", "which", "state", "why"), rows), as_json=as_json)


def _state(line: Line) -> str:
    return "differs, kept" if line.state == "differs" and line.step.kept else line.state


def _document(line: Line) -> dict[str, Any]:
    step = line.step
    return {
        "what": step.what,
        "path": step.path,
        "why": step.why,
        "state": line.state,
        "kept": step.kept,
    }
