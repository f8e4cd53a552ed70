"""What runs the pipeline on this machine, found by looking: units, compose services, processes."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from contracts.environment import SettingsError
from contracts.plain_words import cause
from gateway_outbox import outbox_lock
from ops import compose_project, systemd_unit
from ops.compose_project import ComposeProject, EngineError
from ops.compose_service import ComposeService, service_of
from ops.local_http import ask
from ops.outside_database import OutsideDatabase
from ops.own_health import complete, hear_of_database
from ops.plain_process import PlainProcess
from ops.standing import Standing
from ops.supervisor import Supervisor
from ops.systemd_unit import SystemdUnit

UNITS: Final = {"gateway": "tp-capital-gateway.service", "api": "tp-capital-api.service"}
MODULES: Final = {"gateway": "gateway_outbox", "api": "ingest_api"}
PORTS: Final = {"gateway": 4006, "api": 4005}
_OTHER_PORTS: Final = {"prometheus": 9090, "grafana": 3000, "caddy": 4005}
_DATABASES: Final = ("database", "timescaledb")  # what compose calls it


class Installation(NamedTuple):
    """The components in the order of their start, and the settings that each service has.

    `unread` says which settings could not be read, and why.
    """

    supervisors: list[Supervisor]
    environments: dict[str, dict[str, str]]
    unread: list[str]

    def of(self, component: str) -> Supervisor | None:
        """Who has that component."""
        return next((each for each in self.supervisors if each.component == component), None)

    @property
    def outbox(self) -> Path:
        """The gateway's outbox file."""
        return self.path("OUTBOX_PATH", "data/outbox.sqlite3")

    @property
    def session(self) -> Path:
        """The folder of the gateway's session."""
        return self.path("SESSION_DIR", ".session")

    def path(self, name: str, default: str) -> Path:
        """A path of the gateway's settings, from the folder that the gateway runs in."""
        gateway = self.of("gateway")
        folder = gateway.folder if isinstance(gateway, SystemdUnit) else Path.cwd()
        return folder / self.environments["gateway"].get(name, default)

    def standings(self) -> list[Standing]:
        """All rows, those of one component together; looked at at the same time."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            found = [pair for pairs in pool.map(_look, self.supervisors) for pair in pairs]
        rows = [row for row, _ in found]
        for row in rows:
            if row.component == "database" and row.state == "unknown":
                hear_of_database(row, [page for each, page in found if each.component == "api"])
        return rows


def find(environ: Mapping[str, str] | None = None) -> Installation:
    """Look for the supervisors of every component; `environ` is a plain process's environment."""
    environ = dict(os.environ if environ is None else environ)
    project = _prepared_project()
    services = _services(project) if project else []
    gateway = systemd_unit.find("gateway", UNITS["gateway"])
    api = systemd_unit.find("api", UNITS["api"])
    environments, unread = _environments({"gateway": gateway, "api": api}, environ)
    found: list[Supervisor] = [
        _database(project, services, environments["api"]),
        _api(project, services, api, environments["api"]),
        _gateway(gateway, environments["gateway"]),
    ]
    if project:
        known = {"api", *_DATABASES}
        others = [name for name in services if name not in known]
        found += [ComposeService(name, project, name, _OTHER_PORTS.get(name, 0)) for name in others]
    return Installation(found, environments, unread)


def ready(component: str, url: str) -> bool:
    """Whether a service takes messages."""
    path = "/readyz" if component in PORTS else "/"
    return ask(f"{url}{path}", seconds=2.0).status == 200  # noqa: PLR2004  # OK


def _look(supervisor: Supervisor) -> list[tuple[Standing, dict[str, Any]]]:
    rows = supervisor.look()
    urls = supervisor.urls() if supervisor.component in PORTS else {}
    found = []
    for row in rows:
        page = complete(row, urls.get(row.name, ""))
        found.append((row, page or _note_stranger(row, supervisor)))
    return found


def _note_stranger(row: Standing, supervisor: Supervisor) -> dict[str, Any]:
    """A service in the foreground of some terminal has no supervisor, and yet it answers."""
    if not isinstance(supervisor, PlainProcess) or row.state != "stopped":
        return {}
    other = msgspec.structs.replace(row, state="unknown", supervisor="foreground")
    page = complete(other, supervisor.expected_url)
    if page:
        for name in Standing.__struct_fields__:
            setattr(row, name, getattr(other, name))
    return page


def _prepared_project() -> ComposeProject | None:
    """The compose project that somebody runs, or has made ready to run."""
    project = compose_project.find()
    if project is None:
        return None
    try:
        return project if project.containers() or project.is_prepared else None
    except EngineError:
        return project if project.is_prepared else None


def _services(project: ComposeProject) -> list[str]:
    """The services of the file, and those of profiles that have containers."""
    try:
        running = {service_of(each) for each in project.containers()}
        return sorted({*project.services(), *running})
    except EngineError:
        return ["api", _DATABASES[0]]


def _database(
    project: ComposeProject | None, services: list[str], environ: Mapping[str, str]
) -> Supervisor:
    name = next((each for each in _DATABASES if each in services), None)
    if project and name:
        return ComposeService("database", project, name, 5432)
    return OutsideDatabase(environ)


def _api(
    project: ComposeProject | None,
    services: list[str],
    unit: SystemdUnit | None,
    environ: Mapping[str, str],
) -> Supervisor:
    if unit is None and project and "api" in services:
        return ComposeService("api", project, "api", PORTS["api"])
    host = environ.get("HOST", "127.0.0.1").replace("0.0.0.0", "127.0.0.1")  # noqa: S104  # asked, not bound
    url = f"http://{host}:{environ.get('PORT', PORTS['api'])}"
    return _service("api", unit, environ, url)


def _gateway(unit: SystemdUnit | None, environ: Mapping[str, str]) -> Supervisor:
    url = f"http://127.0.0.1:{environ.get('GATEWAY_PORT', PORTS['gateway'])}"
    if unit is None:
        holder = outbox_lock.holder_of(Path(environ.get("OUTBOX_PATH", "data/outbox.sqlite3")))
        url = f"http://127.0.0.1:{holder.port}" if holder and holder.port else url
    return _service("gateway", unit, environ, url)


def _service(
    component: str, unit: SystemdUnit | None, environ: Mapping[str, str], url: str
) -> Supervisor:
    if unit is not None:
        unit.url = url
        return unit
    folder = Path(environ.get("OUTBOX_PATH", "data/outbox.sqlite3")).parent / "run"
    plain = PlainProcess(
        component, MODULES[component], folder, environ, lambda url: ready(component, url)
    )
    plain.expected_url = url
    return plain


def _environments(
    units: Mapping[str, SystemdUnit | None], environ: Mapping[str, str]
) -> tuple[dict[str, dict[str, str]], list[str]]:
    found: dict[str, dict[str, str]] = {}
    unread = []
    for component, unit in units.items():
        try:
            found[component] = unit.environment() if unit else dict(environ)
        except (OSError, SettingsError) as error:
            found[component] = {}
            unread.append(f"{component}: {cause(error)}")
    return found, unread
