"""The new services, in order: the API first, then the gateway, which is the one that connects."""

import time
from typing import Final

import click

from ops.local_http import is_well
from ops.move.move_site import Site
from ops.move.move_step import Facts, Note, run_program

_SECONDS: Final = 120.0
_STEP: Final = 0.2


class Start:
    """By systemd, or the API by Docker Compose."""

    name = "start"

    def plan(self, site: Site) -> list[str]:
        """The very commands."""
        return [
            f"{' '.join(_api_up(site))}, and wait for {site.api_url}/ready",
            f"systemctl enable --now {site.gateway_unit}, and wait for {site.gateway_url}/readyz",
        ]

    def problems(self, site: Site) -> list[str]:
        """A compose file that is not there."""
        if site.compose and not site.compose.is_file():
            return [f"there is no compose file {site.compose}"]
        return []

    def run(self, site: Site, _facts: Facts, note: Note) -> None:
        """Start each, and wait until it is ready."""
        note(started=["api"])
        if not is_well(f"{site.api_url}/ready"):
            run_program(*_api_up(site))
        _wait(f"{site.api_url}/ready", "the API")
        note(started=["api", "gateway"])
        if not is_well(f"{site.gateway_url}/readyz"):
            run_program("systemctl", "enable", "--now", site.gateway_unit)
        _wait(f"{site.gateway_url}/readyz", "the gateway")

    def undo(self, site: Site, facts: Facts) -> list[str]:
        """Stop both, the gateway first; raises when it goes on answering."""
        said = []
        started = facts.get("started", [])
        if "gateway" in started:
            run_program("systemctl", "disable", "--now", site.gateway_unit)
            said.append("the gateway is stopped")
        if is_well(f"{site.gateway_url}/livez"):
            raise click.ClickException(
                f"a gateway still answers at {site.gateway_url}: stop it, then roll back again;"
                " the old program must not start beside it"
            )
        if "api" in started:
            run_program(*_api_down(site))
            said.append("the API is stopped")
        return said


def _api_up(site: Site) -> list[str]:
    if site.compose:
        return ["docker", "compose", "-f", str(site.compose), "up", "-d", "--wait"]
    return ["systemctl", "enable", "--now", site.api_unit]


def _api_down(site: Site) -> list[str]:
    if site.compose:
        return ["docker", "compose", "-f", str(site.compose), "stop"]
    return ["systemctl", "disable", "--now", site.api_unit]


def _wait(url: str, who: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not is_well(url):
        if time.monotonic() > deadline:
            raise click.ClickException(
                f"{who} was not ready after {_SECONDS:.0f} s: {url}. Look at its log"
                " (journalctl -u UNIT, docker compose logs), then go on with --run"
            )
        time.sleep(_STEP)
