"""Checks of what is kept: outbox, session, database, backups."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from contracts.plain_words import cause as why
from gateway_outbox import outbox_lock
from gateway_outbox.errors import GatewayError
from gateway_outbox.outbox_file import VERSION
from gateway_outbox.session_file import NAME, session_holder
from ingest_api.errors import IngestError
from ops.backup_timer import BackupTimer
from ops.doctor_case import Case, Check, Fault, NotApplicableError
from ops.exposition import values
from ops.outbox_reader import open_reader
from ops.rendering import Age, human
from ops.systemd_unit import SystemdUnit

BACKUP_SECONDS: Final = 26 * 3600.0  # a day, and two hours to make it
_BACKUP: Final = "ops_backup_last_success_timestamp_seconds"


def lock(case: Case) -> Iterator[Fault]:
    """Outbox and session are held by the gateway that is supervised, or by nobody."""
    installation = case.installation
    pids = {row.pid for row in case.rows_of("gateway")}
    holders = {
        installation.outbox: outbox_lock.holder_of(installation.outbox),
        installation.session / NAME: session_holder(installation.session / NAME),
    }
    for path, holder in holders.items():
        if holder and holder.pid and holder.pid not in pids:
            cause = f"pid {holder.pid} ({_program(holder.pid)}) holds {path}, not our gateway"
            yield Fault(cause, f"see what it is: ps -fp {holder.pid}; then stop it")


def outbox(case: Case) -> Iterator[Fault]:
    """Its structure, each payload against its SHA-256, the counters, the schema."""
    path = case.installation.outbox
    if not path.exists():
        raise NotApplicableError(f"there is no outbox at {path} yet")
    try:
        with open_reader(path) as reader:
            faults = reader.faults()
            version = reader.version()
    except (GatewayError, OSError) as error:
        yield Fault(f"the outbox cannot be read: {why(error)}", "sudo tpcapital doctor")
        return
    yield from (Fault(each, "tpcapital outbox verify") for each in faults)
    if version != VERSION:
        cause = f"{path} has schema {version}, this program makes {VERSION}"
        yield Fault(cause, "tpcapital upgrade --check")


def session(case: Case) -> Iterator[Fault]:
    """The user session's file is one that a gateway can use; nothing connects with it."""
    if case.gateway.telegram_api_id is None:
        raise NotApplicableError("the user session is off (TELEGRAM_API_ID)")
    from ops.session_views import status

    try:
        document = status(case.installation.session / NAME, case.installation.outbox)
    except OSError as error:
        yield Fault(f"the session cannot be looked at: {why(error)}", "sudo tpcapital doctor")
        return
    if document["state"] != "ok":
        command = case.typed("login" if document["state"] == "none" else "session status")
        yield Fault(f"session: {document['problem']}", command)


def database(case: Case) -> Iterator[Fault]:
    """It answers, with the TimescaleDB that its program has."""
    from ops.db import connected, database_settings, fetch

    try:
        with connected(database_settings(environ=_database_environ(case))) as connection:
            stale = fetch(connection, "select_stale_extension")
    except click.ClickException as error:
        yield Fault(error.message, "tpcapital status; tpcapital logs database")
        return
    for row in stale:
        cause = f"TimescaleDB is {row['installed']} here, its program is {row['available']}"
        yield Fault(cause, "psql -X -c 'alter extension timescaledb update', as a superuser")


def schema(case: Case) -> Iterator[Fault]:
    """All migrations of this program are applied, and none that it does not know."""
    from ops.db import connected, database_settings, set_path
    from ops.db_schema import due

    settings = database_settings(environ=_database_environ(case))
    try:
        with connected(settings) as connection:
            set_path(connection, settings.timescaledb_schema)
            missing = due(connection, settings.timescaledb_schema)
    except IngestError as error:
        yield Fault(str(error), "tpcapital upgrade --check")
        return
    except click.ClickException as error:
        raise NotApplicableError("the database does not answer") from error
    if missing:
        cause = f"{len(missing)} migrations are not applied, from {missing[0].name} on"
        yield Fault(cause, "tpcapital db migrate")


def backups(case: Case) -> Iterator[Fault]:
    """Each part was backed up within a day; on a new installation, that it will be."""
    (text,) = case.exposition("gateway").values()
    found = values(text, _BACKUP)
    if not found:
        raise NotApplicableError("the gateway tells of no backup")
    gateway = case.installation.of("gateway")
    timer = None
    if isinstance(gateway, SystemdUnit):
        timer = BackupTimer.find(is_user=gateway.is_user)
    command = timer.command if timer else "tpcapital backup"
    for labels, at in found.items():
        age = time.time() - at
        part = labels.get("what") or "outbox"
        if not at:
            yield no_backup(part, timer)
        elif age > BACKUP_SECONDS:
            yield Fault(f"{part}: the last backup is {human(Age(age))} old", command)


def no_backup(part: str, timer: BackupTimer | None) -> Fault:
    """What it means that there never was one: the first is still to come, or none will."""
    if timer is None:
        return Fault(f"{part}: there was never a backup", "tpcapital backup")
    if timer.has_failed:
        cause = f"{part}: there is no backup, the last run failed ({timer.result})"
        return Fault(cause, timer.log_command)
    if not timer.next_at:
        cause = f"{part}: there is no backup, and the timer that makes one is off"
        return Fault(cause, timer.enable_command)
    cause = f"{part}: no backup yet; the first is made on {timer.next_at}"
    return Fault(cause, f"at once: {timer.command}", is_due=True)


CHECKS: Final = (
    Check("lock", "outbox and session are held by our gateway or by nobody", lock),
    Check("outbox", "the outbox is sound and has this program's schema", outbox),
    Check("session", "the user session's file can be used", session),
    Check("database", "the database answers, its TimescaleDB is current", database),
    Check("schema", "the database has this program's schema", schema),
    Check("backups", "every part was backed up within 26 hours", backups),
)


def _database_environ(case: Case) -> dict[str, str]:
    """Raises NotApplicableError when nothing here says where the database is."""
    from ops.db import database_settings

    environ = case.database_environ()
    try:
        database_settings(environ=environ)
    except click.UsageError as error:
        raise NotApplicableError("nothing here says where it is (TIMESCALEDB_URL)") from error
    return environ


def _program(pid: int) -> str:
    """Its name; its arguments may hold a secret."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "hidden"
