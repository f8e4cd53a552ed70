"""What an upgrade to this program's version would meet: versions, the outbox, the database."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from contracts.version import current, may_meet
from gateway_outbox.errors import GatewayError
from gateway_outbox.outbox import outbox_file
from ingest_api.errors import MigrationError
from ops.local_http import ask
from ops.outbox.outbox_reader import open_reader

BACKUP = "back up: tpcapital backup"


class Finding(NamedTuple):
    """One thing that was looked at. `fits`: None when it could not be told."""

    part: str
    now: str
    then: str
    fits: bool | None
    note: str = ""


def look(gateway: str, apis: Sequence[str], outbox: Path, dsn: str | None) -> list[Finding]:
    """Everything there is to know beforehand; what does not answer is a finding too."""
    services = [_service("gateway", gateway), *(_service("api", url) for url in apis)]
    return [*services, _outbox(outbox), _database(dsn)]


def steps(findings: Iterable[Finding]) -> list[str]:
    """What to do, in its order; nothing where something does not fit."""
    found = list(findings)
    if any(each.fits is False for each in found):
        return []
    database = next(each for each in found if each.part == "database")
    at_start = (
        f" ({database.then}, at its start)" if database.fits and database.now == "older" else ""
    )
    return [
        BACKUP,
        f"the API first{at_start}: it takes what the old gateway sends",
        "then the gateway: its outbox keeps what comes meanwhile",
        "look: tpcapital status",
    ]


def _service(part: str, url: str) -> Finding:
    """A running service: what it is now, and whether it and this version may meet."""
    ours = current()
    answer = ask(f"{url.rstrip('/')}/health")
    theirs = answer.document().get("version")
    if not isinstance(theirs, str):
        why = answer.error or f"{url} answers as another program"
        return Finding(part, "not running", ours, None, f"its version is unknown: {why}")
    fits = may_meet(theirs, ours)
    note = ""
    if fits is False:
        note = "more than one minor version apart: upgrade to one in between first"
    elif fits is None:
        note = "not a released version; nothing is known of what it speaks"
    return Finding(part, theirs, ours, fits, note)


def _outbox(path: Path) -> Finding:
    ours = outbox_file.VERSION
    try:
        with open_reader(path) as reader:
            found = reader.version()
            waiting = reader.states()
    except GatewayError as error:
        return Finding("outbox", "unknown", f"schema {ours}", None, str(error))
    then = "stays" if found == ours else f"schema {ours}, at the gateway's start"
    note = f"{waiting['pending']} rows wait, {waiting['dead_letter']} dead letters: they stay"
    if found > ours:
        note = "written by a newer program; this one would refuse it (exit status 76)"
    return Finding("outbox", f"schema {found}", then, found <= ours, note)


def _database(dsn: str | None) -> Finding:
    from ops.db import db_schema
    from ops.db.db import connected, database_settings, set_path

    try:
        settings = database_settings(dsn)
        with connected(settings) as connection:
            set_path(connection, settings.timescaledb_schema, "public")
            due = db_schema.due(connection, settings.timescaledb_schema)
    except MigrationError as error:
        return Finding("database", "newer", "refused", fits=False, note=str(error))
    except click.ClickException as error:
        return Finding("database", "unknown", "unknown", None, error.format_message())
    names = ", ".join(each.name for each in due)
    then = f"{len(due)} migrations" if due else "stays"
    return Finding("database", "migrated" if not due else "older", then, fits=True, note=names)


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings with a verdict: `may` is false where one does not fit, null where unsure."""
    fits = [each.fits for each in findings]
    may = False if False in fits else None if None in fits else True
    return {
        "version": current(),
        "may": may,
        "findings": [each._asdict() for each in findings],
        "steps": steps(findings),
    }
