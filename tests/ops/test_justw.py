"""The wrapper says in one sentence what a machine lacks."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ops.locks import ROOT

TOOLS = ("sh", "cat", "cksum", "dirname")


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """A clone, in a folder with blanks in its name, and a PATH of the shell's own tools only."""
    clone = tmp_path / "a clone"
    clone.mkdir()
    for name in ("justw", "Justfile", "pyproject.toml", "requirements"):
        (clone / name).symlink_to(ROOT / name)
    (clone / "justw").unlink()
    shutil.copy(ROOT / "justw", clone)
    (clone / "bin").mkdir()
    for tool in TOOLS:
        (clone / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return clone


def run(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the wrapper from another folder with nothing but `environment`."""
    return subprocess.run(
        [str(clone / "justw"), "test"],
        cwd="/",
        env={"PATH": str(clone / "bin"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_machine_without_python_is_told_what_to_install(bare_machine: Path) -> None:
    """One sentence, status 1, nothing left behind."""
    ended = run(bare_machine)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("justw: no Python found; install Python 3.11 or newer")
    assert ended.stderr.count("\n") == 1
    assert not (bare_machine / ".venv").exists()


def test_a_python_variable_that_names_none_is_told(bare_machine: Path) -> None:
    """The wrapper does not quietly take another Python."""
    ended = run(bare_machine, PYTHON="/nowhere/python")
    sentence = "justw: PYTHON=/nowhere/python is no working Python 3; name one from 3.11 to 3.14.\n"
    assert (ended.returncode, ended.stderr) == (1, sentence)
