"""Whether the old program still runs: its units, its pids, its folder's processes, its ports.

Two processes on one Telegram session can cost the account, so everything that can tell is asked.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ops.move.move_site import Site

_STOPPED = {"inactive", "failed", "unknown"}
_SECONDS = 1.0


def signs_of_life(site: Site) -> list[str]:
    """A sentence for everything that says that it still runs; none when it is stopped."""
    return [
        *(said for unit in site.old_units if (said := _unit(unit))),
        *(said for pid in site.old_pids if (said := _pid(pid))),
        *_users_of(site),
        *(said for port in site.old_ports if (said := _port(port))),
    ]


def _unit(unit: str) -> str | None:
    try:
        asked = ["systemctl", "is-active", unit]
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return f"unit {unit} cannot be asked: there is no systemctl here; name its --old-pid"
    if said in _STOPPED:
        return None
    return f"unit {unit} is {said or 'not to be asked'}. Type: systemctl disable --now {unit}"


def _pid(pid: int) -> str | None:
    if not Path("/proc", str(pid)).exists() or _is_zombie(pid):
        return None
    return f"pid {pid} ({_command(pid)}) still runs. Type: kill {pid}"


def _users_of(site: Site) -> Iterator[str]:
    """Processes that stand in the old folder, or have a file of the old session open."""
    home = site.old_env.resolve().parent
    session = site.old_session.resolve() if site.old_session else home / ".session"
    for entry in Path("/proc").iterdir():
        pid = int(entry.name) if entry.name.isdigit() else os.getpid()
        if pid in (os.getpid(), os.getppid()):
            continue
        if any(path.is_relative_to(session) for path in _open_files(entry)):
            yield f"pid {pid} ({_command(pid)}) has the old session open. Type: kill {pid}"
        elif _is_program(pid) and _target(entry / "cwd") == home:
            yield f"pid {pid} ({_command(pid)}) runs in {home}. Type: kill {pid}"


def _is_program(pid: int) -> bool:
    """A person's shell may stand in the old folder."""
    return Path(_command(pid)).name.lstrip("-") not in {"bash", "sh", "zsh", "fish", "dash"}


def _open_files(entry: Path) -> Iterator[Path]:
    try:
        names = list((entry / "fd").iterdir())
    except OSError:  # another user's, or gone meanwhile
        return
    yield from (target for name in names if (target := _target(name)))


def _target(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:
        return None


def _is_zombie(pid: int) -> bool:
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _command(pid: int) -> str:
    """The program's name; its arguments may hold a secret."""
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")[0].decode() or "?"
    except (OSError, UnicodeDecodeError):
        return "?"


def _port(port: int) -> str | None:
    try:
        socket.create_connection(("127.0.0.1", port), _SECONDS).close()
    except OSError:
        return None
    return f"something still answers at 127.0.0.1:{port}. See: ss -ltnp 'sport = :{port}'"
