"""From where to where a move goes: the old installation's places and the new one's."""

import os
import pwd
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

import click
import msgspec

from contracts.environment import unquoted
from gateway_outbox.session.session_file import NAME
from ingest_api.settings import Settings
from ops.db.db import database_settings

SESSION_VARIABLE: Final = "TELEGRAM_SESSION"
RETIRED: Final = ".moved"
DATABASE: Final = "TIMESCALEDB_"


class Site(msgspec.Struct, frozen=True, dict=True, kw_only=True):
    """What a move is told. Folders of the new installation are those of `tpcapital install`."""

    old_env: Path
    old_session: Path | None
    old_units: tuple[str, ...]
    old_pids: tuple[int, ...]
    old_ports: tuple[int, ...]
    old_database: str | None
    new_database: str | None
    no_database: bool
    channels: tuple[str, ...]
    config: Path
    state: Path
    backups: Path
    service_user: str
    compose: Path | None
    api_unit: str
    gateway_unit: str
    api_url: str
    gateway_url: str

    @cached_property
    def old_variables(self) -> Mapping[str, str]:
        """The variables of the old env file. Raises click.ClickException when it is unreadable."""
        return read_env(self.env_file)

    @property
    def env_file(self) -> Path:
        """The old env file, where it is now."""
        return now_at(self.old_env)

    def session_sources(self) -> list[Path]:
        """The files of the old session: the one that was named, or those of its folder."""
        place = self.old_session or self.old_env.parent / ".session"
        if place.is_dir():
            return sorted({now_at(path) for path in place.iterdir() if _is_session(path)})
        return [now_at(place)] if now_at(place).is_file() else []

    @property
    def credentials(self) -> Path:
        """The folder of secrets, a file each."""
        return self.config / "credentials"

    @property
    def session(self) -> Path:
        """The new session's file."""
        return self.state / "session" / NAME

    @property
    def outbox(self) -> Path:
        """The new outbox."""
        return self.state / "outbox.sqlite3"

    @property
    def compose_token(self) -> Path | None:
        """The token that the API's container is given; `compose/make-secrets` makes it."""
        if self.compose is None:
            return None
        folder = Path(os.environ.get("SECRETS_DIR") or self.compose.parent / "secrets")
        return folder / "gateway_token"

    @property
    def journal(self) -> Path:
        """Where the move notes what it has done."""
        return self.state / "move.json"

    def old_settings(self) -> Settings | None:
        """Where the old database is; None when the move leaves the database alone.

        Raises click.UsageError when nothing says where it is.
        """
        if self.no_database:
            return None
        return database_settings(self.old_database, self._database_variables())

    def new_settings(self) -> Settings | None:
        """Where the database is after the move: the same one, unless another is named."""
        if self.no_database:
            return None
        return database_settings(self.new_database or self.old_database, self._database_variables())

    def _database_variables(self) -> dict[str, str]:
        """The old file's, unless this process was given others."""
        old = {k: v for k, v in self.old_variables.items() if k.startswith(DATABASE)}
        own = {k: v for k, v in os.environ.items() if k.startswith(DATABASE)}
        return old | own

    def give(self, path: Path) -> None:
        """Make the service's user the owner; without root all is the caller's own."""
        if os.geteuid() == 0:
            entry = pwd.getpwnam(self.service_user)
            os.chown(path, entry.pw_uid, entry.pw_gid)


def retired(path: Path) -> Path:
    """The name that a file of the old installation gets, so that nothing starts with it."""
    return path.with_name(path.name + RETIRED)


def now_at(path: Path) -> Path:
    """A file of the old installation, retired or not yet."""
    return retired(path) if not path.exists() and retired(path).exists() else path


def _is_session(path: Path) -> bool:
    """The session itself, not what is beside it."""
    beside = (".bak", ".lock", "-journal", "-wal", "-shm")
    return path.is_file() and not path.name.removesuffix(RETIRED).endswith(beside)


def read_env(path: Path) -> dict[str, str]:
    """The variables of an env file, `export` and quotes taken off.

    Raises click.ClickException when it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise click.ClickException(f"{path}: {said}") from None
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and name.strip().isidentifier():
            found[name.strip()] = unquoted(value)
    return found
