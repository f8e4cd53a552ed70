"""A release of this project with a number of its own, installed as an operator installs one."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple, Self

from contracts.version import current

_ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("contracts", "gateway_outbox", "ingest_api", "ops", "systemd")
_FILES = ("README.md", "LICENSE", "pyproject.toml")
_INSTALL = ("--quiet", "--offline", "--no-deps", "--no-build-isolation", "--compile-bytecode")


class Release(NamedTuple):
    """Its version, and the virtual environment that holds its code."""

    version: str
    venv: Path

    @classmethod
    def install(cls, folder: Path, version: str) -> Self:
        """Make a venv in `folder`, and install the source tree into it as that version.

        The libraries are those of the tests' own venv: no release changes them here.
        """
        made = cls(version, folder / "venv")
        venv = [sys.executable, "-m", "venv", "--without-pip", str(made.venv)]
        subprocess.run(venv, check=True)
        own = sysconfig.get_path("purelib", vars={"base": str(made.venv)})
        (Path(own) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
        put(made, folder / "source")
        return made


def put(release: Release, source: Path) -> None:
    """Install the tree into the release's venv as its version, over what is there; by `source`."""
    _write_source(source, release.version)
    install = [sys.executable, "-m", "uv", "pip", "install", *_INSTALL, "--python"]
    subprocess.run([*install, str(release.venv / "bin/python"), str(source)], check=True)


def _write_source(folder: Path, version: str) -> None:
    folder.mkdir()
    for name in _FOLDERS:
        shutil.copytree(_ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(_ROOT / name, folder)
    project = folder / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    line = f'version = "{current()}"'
    assert text.count(f"\n{line}\n") == 1, line
    project.write_text(text.replace(line, f'version = "{version}"', 1), encoding="utf-8")
