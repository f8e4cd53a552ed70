"""The shipped units: sound, walled in, and fitted to where the program is."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.exit_status import ExitStatus
from ops import shipped_units
from ops.install_layout import Layout
from ops.shipped_units import API, GATEWAY, units

EXPOSURE = 12  # tenths
HERE = Layout.of_machine(Path("/"), Path(sys.prefix))
needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze absent"
)


def names(layout: Layout, *, with_api: bool = False, systemd: int = 252) -> list[str]:
    """Of the units for such a machine."""
    return [unit.name for unit in units(layout, with_api=with_api, systemd=systemd)]


def test_which_units_a_machine_gets() -> None:
    """The API on request, what an old systemd does not know never."""
    newer = f"{GATEWAY}.d/10-newer-254.conf"
    assert GATEWAY in names(HERE)
    assert not {API, newer} & {*names(HERE)}
    assert {API, newer} <= {*names(HERE, with_api=True, systemd=254)}
    own = names(Layout.of_person(Path("/"), Path(sys.prefix)))
    assert {*names(HERE)} == {*own}, "the gateway and every timer, with and without root"


@pytest.mark.parametrize("kind", [Layout.of_machine, Layout.of_person])
def test_the_program_is_the_one_that_installs(kind: Callable[[Path, Path], Layout]) -> None:
    """No unit names a folder of somebody else's machine."""
    for unit in units(kind(Path("/"), Path("/srv/x")), with_api=True, systemd=252):
        assert "/opt/tp-capital" not in unit.text
        assert "=/srv/x/bin/" in unit.text or "ExecStart=" not in unit.text


def test_what_only_a_person_can_mend_is_not_started_again() -> None:
    """And nothing else: a full disk, a busy port and a held outbox pass."""
    (line,) = [
        line
        for line in (shipped_units.folder() / GATEWAY).read_text(encoding="utf-8").splitlines()
        if line.startswith("RestartPreventExitStatus=")
    ]
    assert {ExitStatus(int(number)) for number in line.partition("=")[2].split()} == {
        ExitStatus.OUTBOX_NEWER,
        ExitStatus.LOGIN_REQUIRED,
        ExitStatus.CONFIG,
        ExitStatus.ACCOUNT_BANNED,
    }


def test_the_gateway_needs_no_docker_and_keeps_its_metrics() -> None:
    """Two things that a well-meant line would break."""
    lines = (shipped_units.folder() / GATEWAY).read_text(encoding="utf-8").splitlines()
    settings = [line for line in lines if not line.startswith("#")]
    assert not [line for line in settings if "docker" in line or line.startswith("ProcSubset")]


@needs_analyze
@pytest.mark.parametrize("name", [GATEWAY, API])
def test_the_exposure_is_low(name: str) -> None:
    """1.2 or better, by systemd's own measure."""
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}"]
    unit = str(shipped_units.folder() / name)
    done = subprocess.run([*command, unit], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@needs_analyze
def test_systemd_reads_every_unit_without_a_word(tmp_path: Path) -> None:
    """No misspelt key, no program that is not there."""
    shipped = units(HERE, with_api=True, systemd=252)
    for unit in shipped:
        (tmp_path / unit.name).parent.mkdir(exist_ok=True)
        (tmp_path / unit.name).write_text(unit.text, encoding="utf-8")
    paths = [str(tmp_path / unit.name) for unit in shipped if not unit.is_drop_in]
    command = ["systemd-analyze", "verify", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
