"""One thing that an installation needs: what, where, why, how it is, and how it is made so."""

import os
import secrets
import stat
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import click

from gateway_outbox.whole_file import replaced
from ops.install_layout import SERVICE_USER, Layout, Owner

State = Literal["to do", "done", "differs"]


class Step(Protocol):
    """`path` is as the services see it. A step that is `kept` is never changed, only shown."""

    @property
    def what(self) -> str:
        """The kind of thing."""

    @property
    def path(self) -> str:
        """Which one."""

    @property
    def why(self) -> str:
        """What it is for."""

    @property
    def kept(self) -> bool:
        """Whether what is there stays as it is, although it differs."""

    def state(self) -> State:
        """How it is now."""

    def act(self) -> None:
        """Make it so. Raises OSError, click.ClickException."""


@dataclass(frozen=True)
class Folder:
    """A folder of one mode and owner; `owner` None is asked for when it is made."""

    layout: Layout
    folder: Path
    mode: int
    why: str
    of_service: bool = False
    what: str = "folder"
    kept: bool = False

    @property
    def path(self) -> str:
        """Its path."""
        return str(self.folder)

    def state(self) -> State:
        """Differs when mode or owner do."""
        place = self.layout.at(self.folder)
        if not place.is_dir():
            return "to do"
        owner = self._owner()
        return "done" if owner and _is_so(place, self.mode, owner) else "differs"

    def act(self) -> None:
        """Make it, or mend its mode and owner."""
        place = self.layout.at(self.folder)
        place.mkdir(parents=True, exist_ok=True)
        owner = self._owner()
        if owner is None:
            raise click.ClickException(f"{place}: there is no user {SERVICE_USER}")
        _make_so(place, self.mode, owner)

    def _owner(self) -> Owner | None:
        return self.layout.service_owner() if self.of_service else self.layout.own()


@dataclass(frozen=True)
class TextFile:
    """A file of ours; with `is_theirs` it is written once, and what is edited then stays."""

    layout: Layout
    file: Path
    text: str
    mode: int
    why: str
    what: str = "file"
    is_theirs: bool = False

    @property
    def path(self) -> str:
        """Its path."""
        return str(self.file)

    @property
    def kept(self) -> bool:
        """An edited file of theirs stays."""
        return self.is_theirs and self._place.exists()

    def state(self) -> State:
        """Differs when the text or the mode does."""
        if not self._place.exists():
            return "to do"
        same = self._place.read_text(encoding="utf-8") == self.text
        return "done" if same and _is_so(self._place, self.mode, self.layout.own()) else "differs"

    def act(self) -> None:
        """Write it whole, in place of what is there."""
        self._place.parent.mkdir(parents=True, exist_ok=True)
        _write(self._place, self.text, self.mode, self.layout.own())

    @property
    def _place(self) -> Path:
        return self.layout.at(self.file)


@dataclass(frozen=True)
class SecretFile:
    """A secret under one or several names; what is there is never read out or replaced."""

    layout: Layout
    files: Sequence[Path]
    why: str
    what: str = "secret"
    kept: bool = False

    @property
    def path(self) -> str:
        """Every name of it."""
        return ", ".join(str(file) for file in self.files)

    def state(self) -> State:
        """Differs when a mode does, or when two names hold two secrets."""
        places = [self.layout.at(file) for file in self.files]
        if not all(place.exists() and place.stat().st_size for place in places):
            return "to do"
        same = len({place.read_bytes().strip() for place in places}) == 1
        modes = all(_is_so(place, 0o600, self.layout.own()) for place in places)
        return "done" if same and modes else "differs"

    def act(self) -> None:
        """Draw it where it is missing, copy it to the names that lack it, mend modes."""
        places = [self.layout.at(file) for file in self.files]
        found = {text for place in places if (text := _text(place))}
        if len(found) > 1:
            raise click.ClickException(
                f"{self.path} differ and must be equal: remove the wrong one, and install again"
            )
        text = found.pop() if found else secrets.token_hex(32)
        for place in places:
            _write(place, text + "\n", 0o600, self.layout.own())


@dataclass(frozen=True)
class ServiceUser:
    """The system user that the gateway runs as."""

    layout: Layout
    why: str = "runs the gateway, owns outbox and session; nobody can log in as it"
    what: str = "user"
    path: str = SERVICE_USER
    kept: bool = False

    def state(self) -> State:
        """Whether there is one."""
        return "done" if self.layout.service_owner() else "to do"

    def act(self) -> None:
        """Make it, with a group of the same name."""
        line = f'u {SERVICE_USER} - "TP Capital gateway" {self.layout.state}'
        root = [] if self.layout.is_here else [f"--root={self.layout.root}"]
        self.layout.at(Path("/etc")).mkdir(parents=True, exist_ok=True)
        run("systemd-sysusers", *root, "--inline", line)


@dataclass(frozen=True)
class Manager:
    """Something that systemd is asked for."""

    path: str
    why: str
    command: Sequence[str]
    is_done: Callable[[], bool]
    what: str = "systemd"
    kept: bool = False

    def state(self) -> State:
        """Whether it is so already."""
        return "done" if self.is_done() else "to do"

    def act(self) -> None:
        """Ask."""
        run(*self.command)


def run(*command: str) -> None:
    """Run a program of the system. Raises click.ClickException with what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise click.ClickException(f"{command[0]} is not on this machine") from None
    if done.returncode:
        said = done.stderr.strip() or f"status {done.returncode}"
        raise click.ClickException(f"{' '.join(command)}: {said}")


def _text(place: Path) -> str:
    return place.read_text(encoding="utf-8").strip() if place.exists() else ""


def _is_so(place: Path, mode: int, owner: Owner) -> bool:
    found = place.stat()
    is_owned = os.geteuid() != 0 or (found.st_uid, found.st_gid) == owner
    return stat.S_IMODE(found.st_mode) == mode and is_owned


def _make_so(place: Path | int, mode: int, owner: Owner) -> None:
    if os.geteuid() == 0:
        os.chown(place, *owner)
    os.chmod(place, mode)  # noqa: PTH101  # of an open file too


def _write(place: Path, text: str, mode: int, owner: Owner) -> None:
    """The file is there whole or not at all, and never readable by others meanwhile."""
    with replaced(place) as file:
        file.write(text.encode())
        _make_so(file.fileno(), mode, owner)
