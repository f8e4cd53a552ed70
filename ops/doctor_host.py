"""Checks of the machine: units, modes of files, clock, disk, and what of the old system runs."""

import os
import re
import shlex
import shutil
import stat
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from contracts.environment import SettingsError, load
from gateway_outbox.outbox_lock import lock_path
from gateway_outbox.session_file import NAME, session_files
from gateway_outbox.settings import Settings as GatewaySettings
from ingest_api.settings import Settings as ApiSettings
from ops.doctor_case import Case, Check, Fault, NotApplicableError
from ops.local_http import ask
from ops.outside_program import run
from ops.rendering import Size, human
from ops.supervisor import Supervisor
from ops.systemd_unit import SystemdUnit

EXPOSURE: Final = 1.5  # of systemd-analyze security; ours are at 1.2 or better
LEAST_FREE: Final = 512 * 2**20
_SKEW_SECONDS: Final = 2.5  # an HTTP date has whole seconds
_OLDEST_CLOCK: Final = 1_760_000_000  # October 2025: no clock of today is before it
_OTHERS: Final = 0o077
_OLD: Final = re.compile(r"tp-?capital|telegram-gateway", re.IGNORECASE)


def settings(case: Case) -> Iterator[Fault]:
    """Every variable of both services, as they would read them."""
    for unread in case.installation.unread:
        yield Fault(f"the settings cannot be read: {unread}", "sudo tpcapital doctor")
    kinds: dict[str, type[msgspec.Struct]] = {"gateway": GatewaySettings, "api": ApiSettings}
    for component, kind in kinds.items():
        supervisor = case.installation.of(component)
        environ = case.installation.environments[component]
        is_compose = supervisor is not None and supervisor.kind == "compose"
        if not environ or is_compose or case.is_missing(component):
            continue
        try:
            load(kind, environ)
        except SettingsError as error:
            place = _settings_place(supervisor)
            yield from (Fault(f"{component}: {each}", f"edit {place}") for each in error.problems)


def units(case: Case) -> Iterator[Fault]:
    """Loaded as they stand on disk, started at boot, and shut in."""
    found = [each for each in case.installation.supervisors if isinstance(each, SystemdUnit)]
    if not found:
        raise NotApplicableError("no unit of systemd runs a service here")
    for unit in found:
        how = "systemctl --user" if unit.is_user else "sudo systemctl"
        if unit.shown()["NeedDaemonReload"] == "yes":
            yield Fault(f"{unit.name} was changed since systemd read it", f"{how} daemon-reload")
        scope = ["--user"] if unit.is_user else []
        enabled = run(["systemctl", *scope, "is-enabled", unit.name]).out.strip()
        if enabled not in ("enabled", "static", "indirect", "generated"):
            told = enabled or "not enabled"
            yield Fault(f"{unit.name} is {told}: no start at boot", f"{how} enable {unit.name}")
        if not unit.is_user:
            yield from _exposed(unit)


def modes(case: Case) -> Iterator[Fault]:
    """Session, outbox, secrets and settings are the owner's alone."""
    installation = case.installation
    outbox, session = installation.outbox, installation.session / NAME
    folders = [session.parent]
    files = [*session_files(session), lock_path(outbox)]
    files += [outbox.with_name(outbox.name + suffix) for suffix in ("", "-wal", "-shm")]
    for supervisor in installation.supervisors:
        if isinstance(supervisor, SystemdUnit) and supervisor.credentials:
            folders.append(supervisor.credentials)
            files += _inside(supervisor.credentials)
            files += [supervisor.settings_file] if supervisor.settings_file else []
    if case.secrets:
        folders.append(case.secrets)  # what is in it has to be readable inside the containers
    for path in dict.fromkeys([*folders, *files]):
        yield from _open_to_others(path)


def folders(case: Case) -> Iterator[Fault]:
    """The gateway can make its files."""
    folder = case.installation.outbox.parent
    if not folder.is_dir():
        command = f"mkdir -p -m 700 {shlex.quote(str(folder))}"
        mend = partial(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        yield Fault(f"{folder}, where the outbox belongs, is not there", command, mend)
    elif not case.is_up("gateway") and not os.access(folder, os.W_OK | os.X_OK):
        yield Fault(f"{folder}, where the outbox belongs, cannot be written", f"ls -ld {folder}")


def disk(case: Case) -> Iterator[Fault]:
    """There is room where the outbox is."""
    folder = case.installation.outbox.parent
    if not folder.is_dir():
        raise NotApplicableError(f"there is no {folder} yet")
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        least = human(Size(LEAST_FREE))
        cause = f"{human(Size(free))} free at {folder}; under {least} a full disk is near"
        yield Fault(cause, f"df -h {shlex.quote(str(folder))}; tpcapital outbox vacuum")


def clock(case: Case) -> Iterator[Fault]:
    """It is today, a time server keeps it so, and the API agrees."""
    if time.time() < _OLDEST_CLOCK:
        yield Fault("the clock is years behind", "sudo timedatectl set-ntp true")
    synchronised = run(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    if synchronised.status == 0 and synchronised.out.strip() == "no":
        yield Fault("no time server keeps this clock right", "sudo timedatectl set-ntp true")
    urls = case.urls("api") if case.is_up("api") else {}
    for name, url in urls.items():
        date = ask(f"{url}/livez").headers.get("date")
        skew = parsedate_to_datetime(date).timestamp() - time.time() if date else 0.0
        if abs(skew) > _SKEW_SECONDS:
            yield Fault(f"{name}'s clock is {skew:+.1f} s off ours", "timedatectl, on both hosts")


def old_system(_case: Case) -> Iterator[Fault]:
    """The program before this one: two users of one Telegram session can cost the account."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            place = str((entry / "cwd").readlink()) if _is_node(words) else ""
        except OSError:
            continue  # gone meanwhile, or another user's
        if _is_node(words) and _OLD.search(" ".join([*words[1:2], place])):
            cause = f"the old program still runs: pid {entry.name} in {place}"
            yield Fault(cause, f"stop its unit, or: kill {entry.name}")


CHECKS: Final = (
    Check("settings", "every setting of both services is there and has its form", settings),
    Check("units", "the units are current, enabled and shut in", units),
    Check("modes", "session, outbox, secrets and settings are closed to others", modes),
    Check("folders", "the outbox's folder is there and can be written", folders),
    Check("disk", f"{human(Size(LEAST_FREE))} are free where the outbox is", disk),
    Check("clock", "the clock is right, and the API's agrees", clock),
    Check("old-system", "the old program does not run", old_system),
)


def _settings_place(supervisor: Supervisor | None) -> str:
    if isinstance(supervisor, SystemdUnit):
        return f"{supervisor.settings_file} or the files in {supervisor.credentials}"
    return "the environment that you start it with"


def _exposed(unit: SystemdUnit) -> Iterator[Fault]:
    output = run(["systemd-analyze", "security", "--no-pager", unit.name])
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", output.out)
    if found and float(found[1]) > EXPOSURE:
        cause = f"{unit.name} is more exposed than it ships: {found[1]}, at most {EXPOSURE}"
        yield Fault(cause, f"systemd-analyze security {unit.name}; systemctl cat {unit.name}")


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _open_to_others(path: Path) -> Iterator[Fault]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return
    except PermissionError:
        yield Fault(f"{path} cannot be looked at", "sudo tpcapital doctor")
        return
    if mode & _OTHERS:
        closed = 0o700 if path.is_dir() else 0o600
        cause = f"{path} has mode {mode:04o}: others than its owner have rights on it"
        mend = partial(path.chmod, closed)
        yield Fault(cause, f"chmod {closed:o} {shlex.quote(str(path))}", mend)


def _is_node(words: list[str]) -> bool:
    return Path(words[0]).name in ("node", "nodejs", "npm", "pm2")
