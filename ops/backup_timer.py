"""The timer that makes the backups, of the machine or of the person who installed."""

from typing import Final, NamedTuple, Self

from ops.outside_program import run
from ops.systemd_unit import parse

_NAME: Final = "tp-capital-backup"
_PROPERTIES: Final = "--property=ActiveState,NextElapseUSecRealtime,Result"


class BackupTimer(NamedTuple):
    """When it starts next, in systemd's words (empty: it is off), and how the last run ended."""

    is_user: bool
    next_at: str
    result: str

    @classmethod
    def find(cls, *, is_user: bool) -> Self:
        """Ask systemd; a timer that is off where there is none."""
        timer, service = (_shown(f"{_NAME}.{kind}", user=is_user) for kind in ("timer", "service"))
        is_on = timer.get("ActiveState") == "active"
        next_at = timer.get("NextElapseUSecRealtime", "") if is_on else ""
        return cls(is_user, next_at, service.get("Result", ""))

    @property
    def has_failed(self) -> bool:
        """Whether the last run since the machine's start ended badly."""
        return self.result not in ("", "success")

    @property
    def command(self) -> str:
        """What makes a backup now, as the timer would."""
        return f"{self._systemctl} start {_NAME}"

    @property
    def enable_command(self) -> str:
        """What puts it on."""
        return f"{self._systemctl} enable --now {_NAME}.timer"

    @property
    def log_command(self) -> str:
        """What shows why a run failed."""
        how = "journalctl --user-unit" if self.is_user else "sudo journalctl -u"
        return f"{how} {_NAME} -n 20"

    @property
    def _systemctl(self) -> str:
        return "systemctl --user" if self.is_user else "sudo systemctl"


def _shown(unit: str, *, user: bool) -> dict[str, str]:
    scope = ["--user"] if user else []
    output = run(["systemctl", *scope, "show", _PROPERTIES, unit])
    return parse(output.out) if output.status == 0 else {}
