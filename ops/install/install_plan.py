"""What an installation consists of, in the order in which it is made; and what takes it away."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from gateway_outbox.settings import Settings as GatewaySettings
from ingest_api.settings import Settings as ApiSettings
from ops import env_file
from ops.install.install_layout import Layout
from ops.install.install_step import (
    Folder,
    Manager,
    SecretFile,
    ServiceUser,
    State,
    Step,
    TextFile,
)
from ops.install.shipped_units import Unit

_ONE_WORD_WHY = "what the gateway shows to the API; one token under the name of each service"


class Line(NamedTuple):
    """A step and how it was when the plan was made."""

    step: Step
    state: State

    @property
    def is_due(self) -> bool:
        """Whether carrying out the plan changes it."""
        return self.state != "done" and not self.step.kept


def install_steps(layout: Layout, units: Sequence[Unit]) -> list[Step]:
    """Everything, each step after those it needs."""
    people: list[Step] = [] if layout.is_user else [ServiceUser(layout)]
    files = [
        TextFile(layout, layout.units / unit.name, unit.text, 0o644, "how systemd runs it", "unit")
        for unit in units
    ]
    managing = _manager_steps(layout, units) if layout.is_here else []
    return [*people, *_folders(layout), *_settings(layout), *files, *managing]


def uninstall_steps(layout: Layout, units: Sequence[Unit], *, purge: bool) -> list[Step]:
    """Stop, disable, remove the units; with `purge` data, settings and secrets too.

    The user stays: its number would be given to another, who would own the backups.
    """
    steps: list[Step] = []
    if layout.is_here:
        steps += [_disabling(layout, unit) for unit in units if unit.can_be_enabled]
    steps += [Removal(layout, layout.units / unit.name, "unit") for unit in reversed(units)]
    drop_ins = {(layout.units / unit.name).parent for unit in units if unit.is_drop_in}
    steps += [Removal(layout, folder, "folder") for folder in sorted(drop_ins)]
    if layout.is_here:
        steps.append(_reload(layout, units))
    if purge:
        steps += [Removal(layout, each, "folder") for each in (layout.state, layout.config)]
    return steps


def plan(steps: Sequence[Step]) -> list[Line]:
    """Each step with its state."""
    return [Line(step, step.state()) for step in steps]


def carry_out(steps: Sequence[Step]) -> None:
    """Do what is due, in order. Raises what a step raises; those before it are done then."""
    for step in steps:
        if Line(step, step.state()).is_due:
            step.act()


@dataclass(frozen=True)
class Removal:
    """A file or a folder with all in it goes."""

    layout: Layout
    place: Path
    what: str
    why: str = "removed"
    kept: bool = False

    @property
    def path(self) -> str:
        """Its path."""
        return str(self.place)

    def state(self) -> State:
        """Done when it is not there."""
        return "to do" if self.layout.at(self.place).exists() else "done"

    def act(self) -> None:
        """Remove it."""
        place = self.layout.at(self.place)
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()


def _folders(layout: Layout) -> list[Step]:
    config = 0o700 if layout.is_user else 0o755
    return [
        Folder(layout, layout.config, config, "settings"),
        Folder(layout, layout.credentials, 0o700, "secrets, one file each"),
        Folder(layout, layout.state, 0o700, "outbox, session, channels", of_service=True),
        Folder(layout, layout.backups, 0o700, "backups", of_service=True),
    ]


def _settings(layout: Layout) -> list[Step]:
    state, secrets = layout.state, layout.credentials
    gateway = {
        "OUTBOX_PATH": str(state / "outbox.sqlite3"),
        "SESSION_DIR": str(state / "session"),
        "CHANNELS_FILE": str(state / "channels.toml"),
        "FAILURE_QUEUE_PATH": str(state / "failure-queue.jsonl"),
    }
    api = {
        "TIMESCALEDB_HOST": "127.0.0.1",
        "TIMESCALEDB_DATABASE": "tp_capital",
        "TIMESCALEDB_USER": "tp_capital",
    }
    texts = {
        "gateway": env_file.render(GatewaySettings, gateway, secrets),
        "api": env_file.render(ApiSettings, api, secrets),
    }
    files = [_settings_file(layout, name, text) for name, text in texts.items()]
    names = [secrets / name for name in ("api_secret_token", "gateway_secret_token")]
    return [*files, SecretFile(layout, names, _ONE_WORD_WHY)]


def _settings_file(layout: Layout, name: str, text: str) -> TextFile:
    place = layout.config / f"{name}.env"
    why = f"the {name}'s settings; once edited it stays"
    return TextFile(layout, place, text, 0o600, why, "settings", is_theirs=True)


def _manager_steps(layout: Layout, units: Sequence[Unit]) -> list[Step]:
    steps: list[Step] = [_reload(layout, units)]
    for unit in units:
        if unit.can_be_enabled:
            is_timer = unit.name.endswith(".timer")
            command = [*_systemctl(layout), "enable", *(["--now"] if is_timer else []), unit.name]
            done = partial(_says, layout, "enabled", "is-enabled", unit.name)
            steps.append(Manager(f"enable {unit.name}", "starts with the machine", command, done))
    return steps


def _reload(layout: Layout, units: Sequence[Unit]) -> Manager:
    names = [unit.name for unit in units if not unit.is_drop_in]

    def is_done() -> bool:
        asked = ["show", "--property=NeedDaemonReload,LoadState", *names]
        said = {line.partition("=")[2] for line in _answer(layout, *asked).splitlines() if line}
        here = any(layout.at(layout.units / name).exists() for name in names)
        return said <= ({"no", "loaded"} if here else {"no", "not-found"})

    command = [*_systemctl(layout), "daemon-reload"]
    return Manager("daemon-reload", "systemd reads the units", command, is_done)


def _disabling(layout: Layout, unit: Unit) -> Manager:
    def is_done() -> bool:
        is_on = _says(layout, "enabled", "is-enabled", unit.name)
        return not is_on and not _says(layout, "active", "is-active", unit.name)

    command = [*_systemctl(layout), "disable", "--now", unit.name]
    return Manager(f"disable {unit.name}", "stopped, and not started again", command, is_done)


def _systemctl(layout: Layout) -> list[str]:
    return ["systemctl", *(["--user"] if layout.is_user else [])]


def _says(layout: Layout, word: str, *command: str) -> bool:
    return _answer(layout, *command).strip() == word


def _answer(layout: Layout, *command: str) -> str:
    try:
        asked = [*_systemctl(layout), *command]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
