"""`tpcapital start`, `stop` and `restart`: every component, whoever runs it, in the right order."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import click

from ops.installation import Installation, find, ready
from ops.plain_process import PlainProcess
from ops.supervisor import ComponentFailedError, Supervisor

_NAMES = click.argument("components", nargs=-1, metavar="[COMPONENT]...")
_READY_SECONDS: Final = 60.0
_SERVICES: Final = ("api", "gateway")


@click.command()
@_NAMES
def start(components: Sequence[str]) -> None:
    """Start the database, the API and the gateway, each once the one before is ready.

    What runs already is left alone. When one does not start, the end of its log is shown. COMPONENT
    is a name that `tpcapital status` shows; without one, all are started.
    """
    for each in _chosen(find(), components):
        _start(each)


@click.command()
@_NAMES
def stop(components: Sequence[str]) -> None:
    """Stop the gateway, the API and the database.

    The gateway first delivers what is pending, for as long as DRAIN_SECONDS says; what is left
    waits in its outbox. A database that is not ours is left alone.
    """
    for each in reversed(_chosen(find(), components)):
        _stop(each)


@click.command()
@_NAMES
def restart(components: Sequence[str]) -> None:
    """Restart the API and the gateway, or what is named; the database only when it is named.

    Whatever is named is stopped in reverse order, then started in order.
    """
    chosen = _chosen(find(), components or _SERVICES)
    for each in reversed(chosen):
        _stop(each)
    for each in chosen:
        _start(each)


def _chosen(installation: Installation, names: Sequence[str]) -> list[Supervisor]:
    """Those of these names in the order of their start. Raises click.UsageError."""
    there = [each.component for each in installation.supervisors]
    if unknown := [name for name in names if name not in there]:
        raise click.UsageError(f"no component {', '.join(unknown)}; there are {', '.join(there)}")
    return [each for each in installation.supervisors if not names or each.component in names]


def _start(supervisor: Supervisor) -> None:
    is_news = _timed(supervisor.start, supervisor, "started", "runs already")
    if is_news:
        _wait_until_ready(supervisor)


def _stop(supervisor: Supervisor) -> None:
    _timed(supervisor.stop, supervisor, "stopped", "does not run")


def _timed(act: Callable[[], bool], supervisor: Supervisor, done: str, before: str) -> bool:
    if supervisor.kind == "elsewhere":
        before = "is not ours; left alone"
    begun = time.monotonic()
    is_news = act()
    took = f" in {time.monotonic() - begun:.1f} s" if is_news else ""
    click.echo(f"{supervisor.component} ({supervisor.kind}): {done if is_news else before}{took}")
    return is_news


def _wait_until_ready(supervisor: Supervisor) -> None:
    """A supervisor may call started what cannot take a message yet. Raises ComponentFailedError."""
    if supervisor.component not in _SERVICES or isinstance(supervisor, PlainProcess):
        return
    deadline = time.monotonic() + _READY_SECONDS
    while not all(ready(supervisor.component, url) for url in supervisor.urls().values()):
        if time.monotonic() > deadline:
            reason = f"started, but not ready after {_READY_SECONDS:.0f} s"
            raise ComponentFailedError(supervisor.component, reason, supervisor.tail())
        time.sleep(0.1)
