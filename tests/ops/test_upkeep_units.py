"""The units of backup, restore check and retention: systemd takes them, and so does `tpcapital`."""

import shutil
import subprocess
from pathlib import Path

import click
import pytest

from ops.cli import main

UNITS = Path(__file__).resolve().parent.parent.parent / "systemd"
NAMES = ("tp-capital-backup", "tp-capital-restore-check", "tp-capital-retain")
PROGRAM = "/opt/tp-capital/.venv/bin/tpcapital"


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_of_a_unit_is_one_of_ours(name: str) -> None:
    """Each word names a command or an option that it has."""
    lines = (UNITS / f"{name}.service").read_text(encoding="utf-8").splitlines()
    line = next(each for each in lines if each.startswith(f"ExecStart={PROGRAM}"))
    command: click.Command = main
    for word in line.split()[1:]:
        if isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            assert found is not None, word
            command = found
        elif not word.startswith("$"):
            assert word in {option for each in command.params for option in each.opts}


@pytest.mark.parametrize("name", NAMES)
def test_a_timer_starts_each(name: str) -> None:
    """Also after a time when the machine was off."""
    text = (UNITS / f"{name}.timer").read_text(encoding="utf-8")
    assert "OnCalendar=" in text
    assert "Persistent=yes" in text
    assert "WantedBy=timers.target" in text


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_takes_them(tmp_path: Path) -> None:
    """Every line is understood, and little is exposed: 1.1 of 10."""
    for path in UNITS.glob("tp-capital-*"):
        if path.stem in NAMES:
            text = path.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
            (tmp_path / path.name).write_text(text, encoding="utf-8")
    units = sorted(str(path) for path in tmp_path.iterdir())
    verify = ["systemd-analyze", "verify", "--man=no", *units]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for each in (name for name in units if name.endswith(".service")):
        security = ["systemd-analyze", "security", "--offline=true", "--threshold=20", each]
        subprocess.run(security, capture_output=True, check=True)
