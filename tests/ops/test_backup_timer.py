"""What the doctor says of backups where there was none yet: to come, failed, or never."""

from pathlib import Path

import pytest

from ops.backup_timer import BackupTimer
from ops.doctor_store import no_backup

TO_COME = "ActiveState=active\nNextElapseUSecRealtime=Wed 2026-11-25 06:03:00 UTC\nResult=success"
FAILED = "ActiveState=active\nNextElapseUSecRealtime=Wed 2026-11-25 06:03:00 UTC\nResult=exit-code"
OFF = "ActiveState=inactive\nNextElapseUSecRealtime=\nResult=success"


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with what `systemctl show` prints."""
    said = tmp_path / "said"
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\ncat "{said}"\n', encoding="ascii")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return said


@pytest.mark.parametrize(
    ("shown", "is_due", "cause", "command"),
    [
        (TO_COME, True, "no backup yet; the first is made on Wed 2026-11-25", "systemctl start"),
        (FAILED, False, "the last run failed (exit-code)", "sudo journalctl -u tp-capital-backup"),
        (OFF, False, "the timer that makes one is off", "sudo systemctl enable --now"),
    ],
)
def test_a_timer_is_asked(
    says: Path, shown: str, cause: str, command: str, *, is_due: bool
) -> None:
    """Red only where nothing will make a backup, or the one that ran did not."""
    says.write_text(shown, encoding="utf-8")
    fault = no_backup("outbox", BackupTimer.find(is_user=False))
    assert (fault.is_due, cause in fault.cause, command in fault.command) == (is_due, True, True)


def test_a_persons_timer_has_a_persons_commands(says: Path) -> None:
    """Without sudo."""
    says.write_text(TO_COME, encoding="utf-8")
    fault = no_backup("outbox", BackupTimer.find(is_user=True))
    assert fault.command == "at once: systemctl --user start tp-capital-backup"


def test_without_systemd_nothing_makes_a_backup() -> None:
    """A plain process has no timer."""
    fault = no_backup("outbox", None)
    assert (fault.is_due, fault.command) == (False, "tpcapital backup")
