"""Where an installation has its parts: for the whole machine, or for one person."""

import os
import pwd
from pathlib import Path
from typing import Final, NamedTuple, Self

import click

SERVICE_USER: Final = "tp-capital"
STATE: Final = Path("/var/lib/tp-capital-gateway")
CONFIG: Final = Path("/etc/tp-capital")
VENV: Final = Path("/opt/tp-capital/.venv")  # as the shipped units name it
_HIDDEN: Final = ("/home", "/root", "/run/user")  # by ProtectHome=


class Owner(NamedTuple):
    """To whom a file belongs, by number."""

    uid: int
    gid: int


class Layout(NamedTuple):
    """Paths as the services see them; `at` is where they are now, under `root`."""

    root: Path
    is_user: bool
    config: Path
    state: Path
    backups: Path
    units: Path
    venv: Path

    @classmethod
    def of_machine(cls, root: Path, venv: Path) -> Self:
        """For the whole machine. `root` is another machine's `/` when it is not `/`."""
        # Not /etc/systemd/system: that is for what an operator writes (`systemctl edit`).
        units = Path("/usr/local/lib/systemd/system")
        return cls(root, False, CONFIG, STATE, Path("/var/backups/tp-capital"), units, venv)

    @classmethod
    def of_person(cls, root: Path, venv: Path) -> Self:
        """For the person who calls, in the home folder."""
        home = Path.home()
        state = home / ".local/state"
        return cls(
            root,
            True,
            home / ".config/tp-capital",
            state / "tp-capital-gateway",
            state / "tp-capital-backups",
            home / ".local/share/systemd/user",
            venv,
        )

    @property
    def credentials(self) -> Path:
        """The folder of secrets, one file each."""
        return self.config / "credentials"

    @property
    def is_here(self) -> bool:
        """Whether it is this machine that is installed to, and not a folder."""
        return self.root == Path("/")

    def at(self, path: Path) -> Path:
        """The path under the root."""
        return self.root / path.relative_to("/")

    def service_owner(self) -> Owner | None:
        """The service's user and group; None while there is no such user."""
        if self.is_user:
            return Owner(os.geteuid(), os.getegid())
        if self.is_here:
            try:
                entry = pwd.getpwnam(SERVICE_USER)
            except KeyError:
                return None
            return Owner(entry.pw_uid, entry.pw_gid)
        passwd = self.at(Path("/etc/passwd"))
        for line in passwd.read_text(encoding="utf-8").splitlines() if passwd.exists() else ():
            name, _, uid, gid, *_ = line.split(":")
            if name == SERVICE_USER:
                return Owner(int(uid), int(gid))
        return None

    def own(self) -> Owner:
        """The owner of configuration: root, or the person."""
        return Owner(os.geteuid(), os.getegid()) if self.is_user else Owner(0, 0)


def refuse_unreachable(layout: Layout) -> None:
    """Raises click.ClickException for a program that the unit's own walls would hide."""
    interpreter = (layout.venv / "bin/python").resolve()
    if layout.is_user or not layout.is_here:
        return
    for path in (layout.venv, interpreter):
        if str(path).startswith(tuple(f"{hidden}/" for hidden in _HIDDEN)):
            raise click.ClickException(
                f"{path} cannot be seen by a service (ProtectHome=yes). Make the program in"
                f" {VENV} with an interpreter outside of any home:"
                f" /usr/bin/python3 -m venv {VENV}, install tpcapital there, and call it from there"
            )
