"""`tpcapital session`: the session's file, seen and copied without a connection to Telegram."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from gateway_outbox import session_backup
from gateway_outbox.errors import SessionUnusableError
from gateway_outbox.session_file import NAME, check_modes, denied, hold_session, session_holder
from ops import session_views
from ops.file_path import FilePath
from ops.rendering import Facts, json_option, show

F = TypeVar("F", bound=Callable[..., Any])


def _at_session(function: F) -> F:
    """The options that every subcommand has."""
    folder = click.option(
        "--session-dir",
        "folder",
        envvar="SESSION_DIR",
        default=".session",
        show_default=True,
        type=click.Path(path_type=Path),
        help="The session's folder (SESSION_DIR).",
    )
    return folder(json_option(function))


@click.group()
def session() -> None:
    """Look at the user session's file, copy it, or bring a copy back.

    None of these connects to Telegram. A copy is for the day the file is lost; it must never be
    used while the original is in use, here or on another host.
    """


@session.command()
@click.option(
    "--outbox",
    envvar="OUTBOX_PATH",
    default="data/outbox.sqlite3",
    show_default=True,
    type=FilePath(),
    help="The running gateway's outbox (OUTBOX_PATH), whose lock tells where to ask.",
)
@_at_session
@click.pass_context
def status(ctx: click.Context, folder: Path, outbox: Path, *, as_json: bool) -> None:
    """Show the file, its modes, who holds it, and what the running gateway says of it.

    Status 1 when a gateway could not use it.
    """
    try:
        document = session_views.status(folder / NAME, outbox)
    except PermissionError as error:
        raise denied(folder / NAME, error) from error
    show(document, *session_views.status_parts(document), as_json=as_json)
    ctx.exit(0 if document["state"] == "ok" else 1)


@session.command()
@click.option("--to", "target", type=click.Path(path_type=Path), help="Where; else beside it.")
@_at_session
def backup(folder: Path, target: Path | None, *, as_json: bool) -> None:
    """Copy the session, consistently even while the gateway uses it; the copy has mode 0600."""
    path = folder / NAME
    check_modes(path)
    if not path.exists():
        raise SessionUnusableError(str(path), "there is no such file. Type: tpcapital login")
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    target = target or path.with_name(f"{path.name}.copy.{stamp}")
    if target.is_dir():
        target = target / f"{path.name}.{stamp}"
    if session_holder(path):
        facts = session_backup.copy_to(path, target)
    else:
        with hold_session(path):  # what a kill left half written is mended on the way
            facts = session_backup.copy_to(path, target, owned=True)
    document = {"copy": str(target), "dc": facts.dc, "known_peers": facts.entities}
    show(document, Facts("backup", document), as_json=as_json)


@session.command()
@click.argument("file", type=FilePath())
@_at_session
def restore(file: Path, folder: Path, *, as_json: bool) -> None:
    """Put the copy FILE in the session's place; what was there before is kept beside it.

    The gateway must not run.
    """
    path = folder / NAME
    kept = session_backup.restore(file, path)
    document = {"restored": str(path), "before": str(kept) if kept else None}
    show(document, Facts("restore", document), as_json=as_json)
