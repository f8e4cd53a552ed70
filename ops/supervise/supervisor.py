"""What keeps a component running: a systemd unit, a compose service, or a plain process."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import click

from ops.supervise.log_line import parse
from ops.supervise.standing import Standing

TAIL_LINES = 15


class ComponentFailedError(click.ClickException):
    """A component did not start or stop; the message has the reason and the end of its log."""

    def __init__(self, name: str, reason: str, tail: Sequence[str] = ()) -> None:
        lines = [f"{name}: {reason}"]
        if tail:
            lines += [f"The last lines of its log (all: tpcapital logs {name}):"]
            lines += [line.text() for raw in tail if (line := parse(name, "plain", raw))]
        super().__init__("\n".join(lines))


class LogCommand(NamedTuple):
    """A program that prints a component's log, and how its lines are read."""

    component: str
    command: list[str]
    form: str  # "journal", "compose" or "plain"


class Wanted(NamedTuple):
    """Which lines of a log: younger than `since` (seconds since 1970), so many, and on for ever."""

    since: float | None
    lines: int
    follow: bool


class Supervisor(Protocol):
    """One component under its supervisor. Methods block; each has a bound."""

    component: str
    kind: str

    def look(self) -> list[Standing]:
        """One row a replica, without what its own health page says."""

    def start(self) -> bool:
        """Start it and wait until the supervisor calls it started.

        False when it ran already. Raises ComponentFailedError.
        """

    def stop(self) -> bool:
        """Stop it in order; False when it did not run. Raises ComponentFailedError."""

    def tail(self) -> list[str]:
        """The last lines of its log."""

    def urls(self) -> dict[str, str]:
        """Where each replica's own HTTP is, by the name of its row."""

    def log(self, wanted: Wanted, /) -> LogCommand:
        """How to read these lines of its log. Raises ComponentFailedError."""
