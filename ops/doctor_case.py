"""What the checks of `tpcapital doctor` look at: found once, shared by all of them."""

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from contracts.environment import SettingsError
from contracts.plain_words import cause
from contracts.secret import Secret
from gateway_outbox.settings import Settings, from_environment
from ops.compose_service import ComposeService
from ops.installation import Installation, find
from ops.local_http import ask
from ops.plain_process import PlainProcess
from ops.standing import UP, Standing
from ops.systemd_unit import SystemdUnit
from ops.token_files import TokenFileError, TokenFiles, read

_OF_THE_API = ("TIMESCALEDB_", "GATEWAY_SECRET_TOKEN")
NOT_HERE = "its settings are wrong or cannot be read; see the check `settings`"


class Fault(NamedTuple):
    """What is wrong, and what to type. `mend` does it where that is safe.

    With `is_due` nothing is wrong yet: it is what a person should know, and no failure.
    """

    cause: str
    command: str
    mend: Callable[[], object] | None = None
    is_due: bool = False


class NotApplicableError(Exception):
    """A check has nothing to look at here; the message says why."""


class Check(NamedTuple):
    """One named check: `examine` yields every fault. Raises NotApplicableError."""

    name: str
    about: str
    examine: Callable[["Case"], Iterator[Fault]]


class Case:
    """The installation and how it stands now; each part is looked at when it is first asked for."""

    @cached_property
    def installation(self) -> Installation:
        """Who runs what."""
        return find()

    @cached_property
    def rows(self) -> list[Standing]:
        """The rows of `tpcapital status`."""
        return self.installation.standings()

    def rows_of(self, component: str) -> list[Standing]:
        """The rows of one component."""
        return [row for row in self.rows if row.component == component]

    def is_up(self, component: str) -> bool:
        """Whether one of its replicas answers."""
        return any(row.state in UP for row in self.rows_of(component))

    @cached_property
    def gateway(self) -> Settings:
        """The gateway's settings. Raises NotApplicableError."""
        try:
            return from_environment(self.installation.environments["gateway"])
        except SettingsError as error:
            raise NotApplicableError(NOT_HERE) from error

    def urls(self, component: str) -> dict[str, str]:
        """Where the replicas of a service are. Raises NotApplicableError when none is up."""
        supervisor = self.installation.of(component)
        found = supervisor.urls() if supervisor else {}
        found = found or {component: getattr(supervisor, "expected_url", "")}
        if not self.is_up(component) or not any(found.values()):
            raise NotApplicableError(f"the {component} does not answer; see the check `running`")
        return found

    def health(self, component: str) -> dict[str, dict[str, Any]]:
        """The /health of each replica, by name. Raises NotApplicableError when none is up."""
        return {name: ask(f"{url}/health").document() for name, url in self.urls(component).items()}

    def exposition(self, component: str) -> dict[str, str]:
        """The /metrics of each replica, by name. Raises NotApplicableError when none is up."""
        return {
            name: ask(f"{url}/metrics").body.decode(errors="replace")
            for name, url in self.urls(component).items()
        }

    def typed(self, command: str) -> str:
        """A command of the gateway's own, as it has to be typed here: with its user and secrets."""
        gateway = self.installation.of("gateway")
        if not isinstance(gateway, SystemdUnit):
            return f"tpcapital {command}"
        how = "tpcapital as-service --user" if gateway.is_user else "sudo tpcapital as-service"
        return f"{how} {command}"

    def is_missing(self, component: str) -> bool:
        """Whether an installed gateway's other half is not on this host, or not installed yet.

        Nobody has it, and the shell that asks has none of its settings.
        """
        gateway, found = (self.installation.of(name) for name in ("gateway", component))
        environ = self.installation.environments[component]
        return (
            isinstance(gateway, SystemdUnit)
            and isinstance(found, PlainProcess)
            and not any(name.startswith(_OF_THE_API) for name in environ)
        )

    @property
    def secrets(self) -> Path | None:
        """The folder of the secret files that compose mounts; None without compose."""
        api = self.installation.of("api")
        if not isinstance(api, ComposeService):
            return None
        if chosen := os.environ.get("SECRETS_DIR"):
            return Path(chosen)
        files = api.project.files
        return files[0].parent / "secrets" if files else None

    def api_token(self) -> Secret | None:
        """The token that the API accepts, as far as its files can be read.

        Raises NotApplicableError.
        """
        environ = self.installation.environments["api"]
        if text := environ.get("GATEWAY_SECRET_TOKEN"):
            return Secret(text)
        folder = self.secrets or Path(environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"))
        try:
            return read(TokenFiles.within(folder, folder).accepted)
        except (OSError, TokenFileError) as error:
            raise NotApplicableError(f"the API's token cannot be read: {cause(error)}") from error

    def database_environ(self) -> dict[str, str]:
        """TIMESCALEDB_* to reach the database from here. Raises NotApplicableError."""
        database, api = (self.installation.of(name) for name in ("database", "api"))
        if not isinstance(database, ComposeService):
            return self.installation.environments["api"]
        url = next(iter(database.urls().values()), "")
        if not url or self.secrets is None or not isinstance(api, ComposeService):
            raise NotApplicableError("the database's container does not run, or has no port here")
        host, _, port = url.removeprefix("http://").rpartition(":")
        told = api.environment()
        return {name: text for name, text in told.items() if name.startswith("TIMESCALEDB_")} | {
            "TIMESCALEDB_HOST": host,
            "TIMESCALEDB_PORT": port,
            "TIMESCALEDB_PASSWORD_FILE": str(self.secrets / "database_password"),
        }
