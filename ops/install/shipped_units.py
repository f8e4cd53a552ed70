"""The units of systemd that come with this program, fitted to where it is installed."""

import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from ops.install.install_layout import VENV, Layout

API: Final = "tp-capital-api.service"
GATEWAY: Final = "tp-capital-gateway.service"
_NEWER = re.compile(r"newer-(\d+)\.conf$")


class Unit(NamedTuple):
    """A unit or a drop-in: its path below the folder of units, and its text."""

    name: str
    text: str

    @property
    def is_drop_in(self) -> bool:
        """Whether it only adds to a unit."""
        return "/" in self.name

    @property
    def can_be_enabled(self) -> bool:
        """Whether it says what starts it."""
        return not self.is_drop_in and "\n[Install]\n" in self.text


def folder() -> Path:
    """Where they are: inside the installed package, or beside it in a source tree."""
    packaged = Path(str(files("ops"))) / "systemd"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "systemd"


def units(layout: Layout, *, with_api: bool, systemd: int) -> list[Unit]:
    """The units for this layout and this version of systemd, in the order of their names."""
    base = folder() / "user" if layout.is_user else folder()
    paths = [*base.glob("tp-capital-*.*"), *base.glob("tp-capital-*.d/*.conf")]
    found = []
    for path in sorted(path for path in paths if path.is_file()):
        newer = _NEWER.search(path.name)
        if (newer and int(newer[1]) > systemd) or (path.name == API and not with_api):
            continue
        text = path.read_text(encoding="utf-8").replace(str(VENV), str(layout.venv))
        found.append(Unit(str(path.relative_to(base)), text))
    return found


def systemd_version() -> int:
    """The version of systemd on this machine; 0 where there is none."""
    try:
        command = ["systemctl", "--version"]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.match(r"systemd (\d+)", said.stdout)
    return int(number[1]) if number else 0
