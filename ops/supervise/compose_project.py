"""The containers of our compose file: found through the engine, started and stopped by compose."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ops.supervise.outside_program import Output, run

PLACES: Final = (
    Path("compose/compose.yaml"),
    Path(__file__).resolve().parents[2] / "compose/compose.yaml",
    Path("/opt/tp-capital/compose/compose.yaml"),
)
_UNITS: Final = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_BINARY: Final = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_UP_SECONDS: Final = 420.0  # an image may have to be built or pulled
_STOP_SECONDS: Final = 120.0  # more than the longest stop_grace_period
_LABEL: Final = "com.docker.compose.project."


class ComposeProject:
    """One compose project. `files` is empty where COMPOSE_FILE tells compose itself."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = [*files]
        self._environment_files: list[str] = []

    def containers(self) -> list[dict[str, Any]]:
        """Everything the engine knows of each container. Raises EngineError."""
        output = self._compose("ps", "--all", "--quiet")
        if output.status:
            raise EngineError(output.reason)
        ids = output.out.split()
        if not ids:
            return []
        output = run(["docker", "inspect", *ids])
        found: list[dict[str, Any]] = json.loads(output.out) if output.status == 0 else []
        self._learn(found)
        return sorted(found, key=lambda each: str(each["Name"]))

    def services(self) -> list[str]:
        """The services that the file has without a profile. Raises EngineError."""
        output = self._compose("config", "--services")
        if output.status:
            raise EngineError(output.reason)
        return output.out.split()

    def up(self, service: str, replicas: int) -> Output:
        """Start a service as the file has it now, and wait until it is healthy."""
        scale = ["--scale", f"{service}={replicas}"] if replicas else []
        return self._compose("up", "--detach", "--wait", *scale, service, seconds=_UP_SECONDS)

    def stop(self, service: str) -> Output:
        """Stop a service's containers within their grace period."""
        return self._compose("stop", service, seconds=_STOP_SECONDS)

    def logs(self, service: str, *options: str) -> list[str]:
        """The command that prints a service's log."""
        return [*self._command(), "logs", "--no-color", *options, service]

    def memory(self, containers: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Bytes that each running container uses, by its id."""
        ids = [str(each["Id"]) for each in containers if each["State"]["Running"]]
        if not ids:
            return {}
        form = '{"id":"{{.ID}}","memory":"{{.MemUsage}}"}'
        lines = run(["docker", "stats", "--no-stream", "--no-trunc", "--format", form, *ids]).out
        rows = [json.loads(line) for line in lines.splitlines()]
        sizes = {row["id"]: size_of(row["memory"].partition("/")[0]) for row in rows}
        return {name: size for name, size in sizes.items() if size is not None}

    @property
    def is_prepared(self) -> bool:
        """Whether its secrets are there: somebody means to run it."""
        chosen = os.environ.get("SECRETS_DIR")
        folders = [Path(chosen)] if chosen else [file.parent / "secrets" for file in self.files]
        return any(folder.is_dir() for folder in folders)

    def _learn(self, containers: Sequence[Mapping[str, Any]]) -> None:
        """Go on with the files that the containers were made with (an override, a scale.env)."""
        labels: dict[str, str] = containers[0]["Config"]["Labels"] if containers else {}
        files = [Path(text) for text in _listed(labels, "config_files")]
        if files and all(file.is_file() for file in files):
            self.files = files
        self._environment_files = [
            text for text in _listed(labels, "environment_file") if Path(text).is_file()
        ]

    def _compose(self, *arguments: str, seconds: float = 30.0) -> Output:
        return run([*self._command(), *arguments], seconds)

    def _command(self) -> list[str]:
        files = [part for file in self.files for part in ("--file", str(file))]
        chosen = [part for text in self._environment_files for part in ("--env-file", text)]
        return ["docker", "compose", "--ansi=never", *chosen, *files]


class EngineError(Exception):
    """The container engine, or compose, did not answer."""


def find() -> ComposeProject | None:
    """The project of COMPOSE_FILE, or of the first of PLACES that there is."""
    if os.environ.get("COMPOSE_FILE"):
        return ComposeProject([])
    file = next((place for place in PLACES if place.is_file()), None)
    return ComposeProject([file.resolve()]) if file else None


def size_of(text: str) -> int | None:
    """Bytes in what docker prints for people, as `7.633MiB`; None for `--` and the like."""
    match = re.fullmatch(r"\s*([\d.]+)\s*([A-Za-z]+)\s*", text)
    unit = (_UNITS | _BINARY).get(match[2]) if match else None
    return round(float(match[1]) * unit) if match and unit else None


def _listed(labels: Mapping[str, str], name: str) -> Iterator[str]:
    return filter(None, labels.get(_LABEL + name, "").split(","))
