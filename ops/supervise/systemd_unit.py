"""A component that is a unit of systemd, of the machine or of the person who asks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from contracts.exit_status import ExitStatus
from ops import env_file
from ops.supervise.outside_program import Output, run
from ops.supervise.process_facts import resident_bytes
from ops.supervise.standing import Standing, State
from ops.supervise.supervisor import TAIL_LINES, ComponentFailedError, LogCommand, Wanted

PROPERTIES: Final = (
    *("LoadState", "ActiveState", "SubState", "Result", "MainPID", "NRestarts", "ExecMainStatus"),
    *("StatusText", "MemoryCurrent", "MemoryMax", "StateChangeTimestamp", "EnvironmentFiles"),
    *("WorkingDirectory", "FragmentPath", "NeedDaemonReload", "User", "Group"),
)
_WAIT_SECONDS: Final = 150.0  # more than the unit's own TimeoutStartSec and TimeoutStopSec
_UNSET: Final = 2**63  # systemd's "no limit" and "not known" are above it
_STATES: Final[dict[str, State]] = {
    "active": "running",
    "reloading": "running",
    "activating": "starting",
    "deactivating": "stopped",
    "inactive": "stopped",
    "failed": "failed",
}


class SystemdUnit:
    """The unit `name`; `url` is where the component's own HTTP is."""

    def __init__(self, component: str, name: str, shown: Mapping[str, str], *, user: bool) -> None:
        self.component = component
        self.kind = "systemd --user" if user else "systemd"
        self.name = name
        self.is_user = user
        self.url = ""
        self._shown = dict(shown)

    @property
    def settings_file(self) -> Path | None:
        """Its first EnvironmentFile."""
        text = self._shown.get("EnvironmentFiles", "").partition(" (")[0]
        return Path(text) if text else None

    @property
    def credentials(self) -> Path | None:
        """The folder that its secrets are loaded from."""
        return self.settings_file.with_name("credentials") if self.settings_file else None

    def environment(self) -> dict[str, str]:
        """The settings that it starts with, secrets by their folder. Raises OSError when denied."""
        found: dict[str, str] = {}
        if self.settings_file and self.settings_file.exists():
            found |= env_file.read(self.settings_file)
        if self.credentials:
            found["CREDENTIALS_DIRECTORY"] = str(self.credentials)
        return found

    @property
    def folder(self) -> Path:
        """What its relative paths are relative to."""
        return Path(self._shown.get("WorkingDirectory", "").lstrip("!-") or "/")

    def shown(self) -> dict[str, str]:
        """Its properties now. Raises ComponentFailedError when systemd does not answer."""
        found = show(self.name, user=self.is_user)
        if not found:
            raise ComponentFailedError(self.component, f"systemd does not answer for {self.name}")
        return found

    def look(self) -> list[Standing]:
        """As `Supervisor.look`."""
        return [standing(self.component, self.kind, show(self.name, user=self.is_user))]

    def start(self) -> bool:
        """As `Supervisor.start`: systemctl waits for READY=1."""
        if self.shown()["ActiveState"] in ("active", "reloading"):
            return False
        # a unit that failed too often is refused until that is forgotten
        self._systemctl("reset-failed", self.name)
        self._check("start", self._systemctl("start", self.name))
        return True

    def stop(self) -> bool:
        """As `Supervisor.stop`."""
        if self.shown()["ActiveState"] in ("inactive", "failed"):
            return False
        self._check("stop", self._systemctl("stop", self.name))
        return True

    def tail(self) -> list[str]:
        """As `Supervisor.tail`."""
        return run([*self._journal(), f"--lines={TAIL_LINES}", "--output=cat"]).out.splitlines()

    def urls(self) -> dict[str, str]:
        """As `Supervisor.urls`."""
        return {self.component: self.url}

    def log(self, wanted: Wanted, /) -> LogCommand:
        """As `Supervisor.log`."""
        command = [*self._journal(), "--output=json", f"--lines={wanted.lines}"]
        command += [f"--since=@{wanted.since:.0f}"] if wanted.since else []
        return LogCommand(self.component, command + ["--follow"] * wanted.follow, "journal")

    def _check(self, verb: str, output: Output) -> None:
        if output.status == 0:
            return
        how = "" if self.is_user else "sudo "
        # the first line has the cause, the last one only where to look
        reason = f"systemctl {verb} {self.name}: {(output.err.splitlines() or [''])[0]}"
        if "uthentication" in output.err or "ermission" in output.err:
            raise ComponentFailedError(self.component, f"{reason}. Type: {how}tpcapital {verb}")
        raise ComponentFailedError(self.component, reason, self.tail())

    def _systemctl(self, *arguments: str) -> Output:
        command = ["systemctl", *(["--user"] if self.is_user else []), "--no-ask-password"]
        return run([*command, *arguments], _WAIT_SECONDS)

    def _journal(self) -> list[str]:
        unit = f"--user-unit={self.name}" if self.is_user else f"--unit={self.name}"
        return ["journalctl", "--no-pager", "--quiet", unit]


def find(component: str, name: str) -> SystemdUnit | None:
    """The unit of that name that systemd has loaded, the machine's before the person's own."""
    for user in (False, True):
        shown = show(name, user=user)
        if shown.get("LoadState") in ("loaded", "masked"):
            return SystemdUnit(component, name, shown, user=user)
    return None


def show(name: str, *, user: bool) -> dict[str, str]:
    """The unit's PROPERTIES; none where there is no systemd."""
    command = ["systemctl", *(["--user"] if user else []), "show", "--timestamp=unix"]
    output = run([*command, f"--property={','.join(PROPERTIES)}", name])
    return parse(output.out) if output.status == 0 else {}


def parse(text: str) -> dict[str, str]:
    """What `systemctl show` prints: a line `Name=value` for each property."""
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}


def standing(component: str, kind: str, shown: Mapping[str, str]) -> Standing:
    """The row that these properties make."""
    state = _STATES.get(shown.get("ActiveState", ""), "unknown")
    if shown.get("SubState") == "auto-restart":
        state = "failed"  # it ended, and is tried again
    pid = int(shown.get("MainPID") or 0) or None
    since = shown.get("StateChangeTimestamp", "").removeprefix("@")
    return Standing(
        component=component,
        name=component,
        supervisor=kind,
        state=state,
        since=float(since) if since.isdigit() else None,
        pid=pid,
        memory_bytes=_number(shown, "MemoryCurrent") or (resident_bytes(pid) if pid else None),
        memory_limit_bytes=_number(shown, "MemoryMax"),
        restarts=_number(shown, "NRestarts"),
        exit_status=_number(shown, "ExecMainStatus") if state == "failed" else None,
        # systemd keeps the last word of one that has ended
        key=shown.get("StatusText", "") if state in ("running", "starting") else "",
        trouble=_trouble(state, shown),
    )


def _trouble(state: State, shown: Mapping[str, str]) -> str:
    if state == "unknown":
        return "systemd does not answer"
    if state != "failed":
        return ""
    status = int(shown.get("ExecMainStatus") or 0)
    known = status in (each.value for each in ExitStatus)
    word = f" ({ExitStatus(status).name.lower().replace('_', ' ')})" if known and status else ""
    return f"{shown.get('Result', '')}, exit status {status}{word}"


def _number(shown: Mapping[str, str], name: str) -> int | None:
    text = shown.get(name, "")
    return int(text) if text.isdigit() and int(text) < _UNSET else None
