"""The old env file becomes two, with each secret in a file of its own; and one shared token."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from contracts import environment
from contracts.environment import SettingsError
from contracts.secret import Secret, token_fault
from gateway_outbox.settings import Settings as GatewaySettings
from ingest_api.settings import Settings as ApiSettings
from ops.move.move_site import SESSION_VARIABLE, Site, read_env
from ops.move.move_step import Facts, Files, Note, undo_files

_TOKENS: Final = ("API_SECRET_TOKEN", "GATEWAY_SECRET_TOKEN")
_KINDS: Final[dict[str, Any]] = {"gateway": GatewaySettings, "api": ApiSettings}
_NOT_TAKEN: Final = {
    *_TOKENS,
    SESSION_VARIABLE,  # a step of its own makes a file of it
    *("OUTBOX_PATH", "SESSION_DIR", "CHANNELS_FILE", "FAILURE_QUEUE_PATH", "REPLAY_FILE"),
}


class Split:
    """The phase "Configuration" of the proposal."""

    name = "configuration"

    def plan(self, site: Site) -> list[str]:
        """Names only."""
        found = _parts(site)
        lines = [
            f"{site.config / service}.env: {', '.join(sorted(plain)) or 'nothing'}"
            for service, (plain, _hidden) in found.items()
        ]
        hidden = sorted({name for _plain, names in found.values() for name in names})
        taken = {name for plain, names in found.values() for name in (*plain, *names)}
        left = sorted(set(site.old_variables) - taken - _NOT_TAKEN)
        lines.append(f"{site.credentials}/: {', '.join(hidden).lower() or 'nothing'}")
        if left:
            lines.append(f"not taken over, nothing here reads it: {', '.join(left)}")
        return lines

    def problems(self, site: Site) -> list[str]:
        """What the services themselves would say at their start."""
        found: list[str] = []
        for service, (plain, hidden) in _parts(site).items():
            token = dict.fromkeys(_TOKENS, secrets.token_hex(32))
            # A container has settings of its own, and who leaves the database out has them later.
            wanted = _SOME_DATABASE if site.compose or site.no_database else {}
            there = read_env(path) if (path := site.config / f"{service}.env").exists() else {}
            try:
                environment.load(_KINDS[service], {**wanted, **there, **plain, **hidden, **token})
            except SettingsError as error:
                found += [f"{service}: {problem}" for problem in error.problems]
        return found

    def run(self, site: Site, facts: Facts, note: Note) -> None:
        """Write the files; lines that were in one and are not ours stay."""
        files = Files(facts, note)
        for service, (plain, hidden) in _parts(site).items():
            path = site.config / f"{service}.env"
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            files.write(path, _with(before, plain))
            for name, value in hidden.items():
                files.write(site.credentials / name.lower(), f"{value}\n")

    def undo(self, _site: Site, facts: Facts) -> list[str]:
        """The files as they were."""
        return undo_files(facts)


class Tokens:
    """One token under the name that each service has for it."""

    name = "tokens"

    def plan(self, site: Site) -> list[str]:
        """Whether it is drawn or there already."""
        names = ", ".join(str(site.credentials / name.lower()) for name in _TOKENS)
        return [f"{names}: {'kept' if _good(site) else 'drawn anew'}, the same in both"]

    def problems(self, site: Site) -> list[str]:
        """Two that differ are a person's to settle; a container has its own, which comes first."""
        if site.compose and not _of_compose(site):
            make = site.compose.parent / "make-secrets"
            return [f"there is no {site.compose_token}: make it first with `sh {make}`"]
        found = {value for value in map(_read, _places(site)) if value}
        if len(found) > 1 and not site.compose:
            return [f"the two tokens in {site.credentials} differ: remove the wrong one"]
        return []

    def run(self, site: Site, facts: Facts, note: Note) -> None:
        """Write it; a good one stays."""
        value = _good(site) or secrets.token_hex(32)
        files = Files(facts, note)
        for path in _places(site):
            if _read(path) != value:
                files.write(path, f"{value}\n")

    def undo(self, _site: Site, facts: Facts) -> list[str]:
        """The files as they were."""
        return undo_files(facts)


_SOME_DATABASE: Final = {"TIMESCALEDB_URL": "dbname=of_nobody"}


def _parts(site: Site) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """For each service the plain variables and the secret ones that it reads."""
    places = {
        "OUTBOX_PATH": str(site.outbox),
        "SESSION_DIR": str(site.session.parent),
        "CHANNELS_FILE": str(site.state / "channels.toml"),
        "FAILURE_QUEUE_PATH": str(site.state / "failure-queue.jsonl"),
    }
    found = {}
    for service, kind in _KINDS.items():
        plain: dict[str, str] = dict(places) if service == "gateway" else {}
        hidden: dict[str, str] = {}
        for field in msgspec.structs.fields(kind):
            name = field.name.upper()
            value = site.old_variables.get(name)
            if value and name not in _NOT_TAKEN:
                (hidden if environment.is_secret(field.type) else plain)[name] = value
        found[service] = (plain, hidden)
    if level := found["api"][0].get("LOG_LEVEL"):
        found["api"][0]["LOG_LEVEL"] = level.upper()  # the old program's words were small
    return found


def _with(text: str, values: Mapping[str, str]) -> str:
    """The text with these variables set, in their old places where they had one."""
    left = dict(values)
    lines = []
    for line in text.splitlines():
        name = line.lstrip("# ").partition("=")[0].strip()
        if name in values and (name in left or not line.startswith("#")):
            if name in left:
                lines.append(f"{name}={left.pop(name)}")
        else:
            lines.append(line)
    return "\n".join([*lines, *(f"{name}={value}" for name, value in left.items())]) + "\n"


def _places(site: Site) -> list[Path]:
    return [site.credentials / name.lower() for name in _TOKENS]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _good(site: Site) -> str | None:
    """A token to go on with: the container's, one of the new files, else of the old env file."""
    if site.compose:
        return _of_compose(site)
    found = [*map(_read, _places(site)), *(site.old_variables.get(name, "") for name in _TOKENS)]
    return next((value for value in found if value and not token_fault(Secret(value))), None)


def _of_compose(site: Site) -> str | None:
    value = _read(site.compose_token) if site.compose_token else ""
    return value if value and not token_fault(Secret(value)) else None
