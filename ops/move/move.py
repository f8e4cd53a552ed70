"""The steps of a move in their order: shown, done, gone on with, undone."""

import os
import pwd
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from gateway_outbox.errors import GatewayError
from ops.move.move_adopt import Adopt
from ops.move.move_backup import BackUp
from ops.move.move_journal import Journal
from ops.move.move_old_process import signs_of_life
from ops.move.move_probe import Probe
from ops.move.move_retire import Retire
from ops.move.move_session import Session
from ops.move.move_settings import Split, Tokens
from ops.move.move_site import Site
from ops.move.move_start import Start
from ops.move.move_step import Step

PREFLIGHT: Final = "preflight"
STEPS: Final[tuple[Step, ...]] = (
    BackUp(),
    Split(),
    Tokens(),
    Session(),
    Retire(),
    Adopt(),
    Start(),
    Probe(),
)
WATCH: Final = (
    "tpcapital outbox status: pending rows go to 0, no dead letters",
    "the gateway's /health: telegram_connected true, checks pass; no flood wait",
    "GET /signals of the API: each new signal of the channels within seconds, once",
    "tpcapital db verify, and tpcapital db roles where services have roles of their own",
    "tpcapital import OLD/data/failure-queue.jsonl, where the old gateway left one",
    "the first night: ops_backup_last_success_timestamp_seconds moves",
    "after a day without a remark: tpcapital adopt --drop-old; until then --rollback is possible",
)


def preflight(site: Site, journal: Journal) -> list[str]:
    """What has to be so before anything is changed, a sentence for each that is not."""
    found = list(_machine(site))
    ours_answer = journal.state("start") in ("begun", "done")
    quiet = site if not ours_answer else _without_ports(site)
    return [*found, *signs_of_life(quiet)]


def document(site: Site, journal: Journal) -> list[dict[str, Any]]:
    """Each step: its state, what it would do, what forbids it, what it noted."""
    first: dict[str, Any] = {
        "name": PREFLIGHT,
        "state": None,
        "plan": [f"the old program is stopped: {_asked(site)}"],
        "problems": preflight(site, journal),
        "facts": {},
    }
    return [first] + [
        {
            "name": step.name,
            "state": journal.state(step.name),
            "plan": step.plan(site),
            "problems": [] if journal.state(step.name) == "done" else step.problems(site),
            "facts": journal.facts(step.name),
        }
        for step in STEPS
    ]


def run(site: Site, journal: Journal, again: Collection[str]) -> Iterator[str]:
    """Do what is not done, and what is to be done again; yields the name of each step done now.

    Raises click.ClickException; what is done until then stays done, and is noted.
    """
    due = [step for step in STEPS if journal.state(step.name) != "done" or step.name in again]
    found = preflight(site, journal) + [p for step in due for p in step.problems(site)]
    if found:
        raise click.ClickException("nothing was changed: " + " ".join(found))
    for step in due:
        if signs := preflight(site, journal):
            raise click.ClickException(f"before {step.name}: {' '.join(signs)}")
        journal.note(step.name, "begun")
        try:
            step.run(site, journal.facts(step.name), partial(journal.note, step.name, "begun"))
        except (click.ClickException, GatewayError) as error:
            raise click.ClickException(
                f"step {step.name}: {_said(error)}\nWhat was done before it stays. Go on with"
                " --run when it is mended, or undo all with --rollback"
            ) from error
        journal.note(step.name, "done")
        yield step.name


def roll_back(site: Site, journal: Journal) -> Iterator[tuple[str, list[str]]]:
    """Undo what was begun, the last first; yields each step with what a person should know.

    Raises click.ClickException; it can be repeated.
    """
    for step in reversed(STEPS):
        if journal.state(step.name) in ("begun", "done"):
            try:
                said = step.undo(site, journal.facts(step.name))
            except GatewayError as error:
                raise click.ClickException(f"step {step.name}: {error}") from error
            journal.note(step.name, "undone")
            yield step.name, said


def _said(error: Exception) -> str:
    return error.format_message() if isinstance(error, click.ClickException) else str(error)


def _asked(site: Site) -> str:
    """What tells it."""
    return ", ".join(
        [
            *(f"unit {unit}" for unit in site.old_units),
            *(f"pid {pid}" for pid in site.old_pids),
            f"processes in {site.old_env.resolve().parent} or with its session open",
            *(f"port {port}" for port in site.old_ports),
        ]
    )


def _without_ports(site: Site) -> Site:
    values = {name: getattr(site, name) for name in site.__struct_fields__}
    return Site(**(values | {"old_ports": ()}))


def _machine(site: Site) -> Iterator[str]:
    if not site.env_file.is_file():
        yield f"there is no env file {site.old_env}: name it with --old-env"
    try:
        pwd.getpwnam(site.service_user)
    except KeyError:
        yield f"there is no user {site.service_user}. Type: tpcapital install --yes"
    for folder in (site.config, site.state, site.backups):
        if not _can_write(folder):
            yield f"{folder} cannot be written by you. Type it as root"


def _can_write(folder: Path) -> bool:
    """Whether it, or the folder that it is to be made in, can be."""
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return os.access(place, os.W_OK)
