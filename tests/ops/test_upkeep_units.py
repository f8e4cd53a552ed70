"""The units of backup, restore check and retention: systemd takes them, and so does `tpcapital`."""

import os
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from ops.cli import main

MACHINE = Path(__file__).resolve().parent.parent.parent / "systemd"
PERSON = MACHINE / "user"
NAMES = ("tp-capital-backup", "tp-capital-restore-check", "tp-capital-retain")
of_both = pytest.mark.parametrize("folder", [MACHINE, PERSON], ids=["machine", "person"])
PROGRAM = "/opt/tp-capital/.venv/bin/tpcapital"


@of_both
@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_of_a_unit_is_one_of_ours(folder: Path, name: str) -> None:
    """Each word names a command or an option that it has."""
    lines = (folder / f"{name}.service").read_text(encoding="utf-8").splitlines()
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
    """Also after a time when the machine was off; a person's at the same time as the machine's."""
    text = (MACHINE / f"{name}.timer").read_text(encoding="utf-8")
    assert "OnCalendar=" in text
    assert "Persistent=yes" in text
    assert "WantedBy=timers.target" in text
    assert (PERSON / f"{name}.timer").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", NAMES)
def test_a_persons_unit_does_the_same_in_the_home_folder(name: str) -> None:
    """Every setting of the machine's that is no wall, with the person's places."""
    places = {
        "/etc/tp-capital": "%h/.config/tp-capital",
        "/var/lib/tp-capital-gateway": "%h/.local/state/tp-capital-gateway",
        "/var/backups/tp-capital": "%h/.local/state/tp-capital-backups",
    }
    machine = (MACHINE / f"{name}.service").read_text(encoding="utf-8")
    for theirs, own in places.items():
        machine = machine.replace(theirs, own)
    person = (PERSON / f"{name}.service").read_text(encoding="utf-8").splitlines()
    kinds = ("Exec", "Environment", "LoadCredential", "SetCredential", "Timeout", "UMask", "Work")
    wanted = [line for line in machine.splitlines() if line.startswith(kinds)]
    # the folder of backups is made by `install`, and a person's manager has no `+`
    assert [line for line in wanted if line not in person and "=+" not in line] == []
    assert not [line for line in person if "/var/" in line or "/etc/" in line]
    assert not [line for line in person if line.startswith(("User=", "DynamicUser="))]


@of_both
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_takes_them(folder: Path, tmp_path: Path) -> None:
    """Every line is understood; little of the machine's is exposed: 1.1 of 10."""
    for path in folder.glob("tp-capital-*"):
        if path.stem in NAMES:
            text = path.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
            (tmp_path / path.name).write_text(text, encoding="utf-8")
    units = sorted(str(path) for path in tmp_path.iterdir())
    verify = ["systemd-analyze", "verify", "--man=no", *units]
    verify += ["--user"] if folder is PERSON else []
    environ = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}  # a person's units need one
    done = subprocess.run(verify, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for each in (name for name in units if name.endswith(".service") and folder is MACHINE):
        security = ["systemd-analyze", "security", "--offline=true", "--threshold=20", each]
        subprocess.run(security, capture_output=True, check=True)
