"""The old program can no longer start by itself: its units are off, its files have other names."""

from pathlib import Path

import click

from ops.move.move_site import Site, retired
from ops.move.move_step import Facts, Note, run_program


class Retire:
    """Before the new gateway starts: two programs on one session can cost the account."""

    name = "retire"

    def plan(self, site: Site) -> list[str]:
        """Units and names."""
        lines = [f"systemctl disable {unit}" for unit in site.old_units]
        return [*lines, *(f"{path} -> {retired(path).name}" for path in _files(site))]

    def problems(self, _site: Site) -> list[str]:
        """None that preflight does not tell."""
        return []

    def run(self, site: Site, facts: Facts, note: Note) -> None:
        """Disable and rename; what is so already stays."""
        units: list[str] = list(facts.get("units", []))
        for unit in site.old_units:
            if _is_enabled(unit):
                note(units=(units := [*units, unit]))
                run_program("systemctl", "disable", unit)
        names: list[str] = list(facts.get("files", []))
        try:
            for path in _files(site):
                note(files=(names := [*names, str(path)]))
                path.rename(retired(path))
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error

    def undo(self, _site: Site, facts: Facts) -> list[str]:
        """The old names back; units are enabled, and started by a person."""
        said = []
        for path in map(Path, facts.get("files", [])):
            if retired(path).exists() and not path.exists():
                retired(path).rename(path)
                said.append(f"{path} as it was")
        for unit in facts.get("units", []):
            run_program("systemctl", "enable", unit)
            said.append(f"unit {unit} is enabled again; start it when all else is undone")
        return said


def _files(site: Site) -> list[Path]:
    """What still has its old name."""
    return [path for path in (site.old_env, *site.session_sources()) if _is_current(path)]


def _is_current(path: Path) -> bool:
    return path.exists() and path != retired(path.with_suffix(""))  # not one that is retired


def _is_enabled(unit: str) -> bool:
    try:
        return run_program("systemctl", "is-enabled", unit).strip() == "enabled"
    except click.ClickException:
        return False
