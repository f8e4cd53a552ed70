"""`tpcapital logs`: what the components wrote, in the order of time."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from subprocess import PIPE
from typing import Any

import anyio
import anyio.abc
import click
from anyio.streams.text import TextReceiveStream

from ops.installation import Installation, find
from ops.log_line import LogLine, parse
from ops.supervisor import LogCommand, Wanted

_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
_MANY = 1_000_000  # all that is younger, where a time is given


class Moment(click.ParamType[float]):
    """`10min`, `2h`, `1d` ago, or a time such as 2026-11-24T18:00."""

    name = "when"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds since 1970. Raises click.BadParameter."""
        text = str(value)
        if match := re.fullmatch(r"(\d+)\s*(s|min|m|h|d)", text):
            return time.time() - int(match[1]) * _UNITS[match[2]]
        try:
            return datetime.fromisoformat(text).astimezone(UTC).timestamp()
        except ValueError:
            self.fail(f"{text!r}: use 30s, 10min, 2h, 1d or 2026-11-24T18:00", param, ctx)


@click.command()
@click.argument("component", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on.")
@click.option("--since", type=Moment(), help="Only what is younger: 10min, 2h, 2026-11-24T18:00.")
@click.option("--errors", is_flag=True, help="Only errors.")
@click.option(
    "--lines", default=50, show_default=True, help="At most so many of each, without --since."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def logs(component: str | None, *, errors: bool, as_json: bool, **given: Any) -> None:
    """Show the logs of all components, or of COMPONENT, merged by time.

    They come from the journal, from the container engine or from the run folder, as it is.
    """
    wanted = Wanted(**given)
    if wanted.since or errors:
        wanted = wanted._replace(lines=_MANY)
    commands = _commands(find(), component, wanted)
    say = partial(_say, errors=errors, since=wanted.since, as_json=as_json)
    if wanted.follow:
        with suppress(KeyboardInterrupt):  # the way to end it
            anyio.run(_follow, commands, say)
        return
    found = [line for command in commands for line in _read(command)]
    for line in sorted(found, key=lambda line: line.at or 0.0):
        say(line)


def _commands(
    installation: Installation, component: str | None, wanted: Wanted
) -> list[LogCommand]:
    """How to read each log. Raises click.UsageError, ComponentFailedError."""
    there = [each.component for each in installation.supervisors]
    if component and component not in there:
        raise click.UsageError(f"no component {component}; there are {', '.join(there)}")
    return [
        each.log(wanted)
        for each in installation.supervisors
        if each.component == component or (not component and each.kind != "elsewhere")
    ]


def _read(command: LogCommand) -> Iterator[LogLine]:
    """Its lines; one without a time of its own (a traceback) has that of the line before."""
    with subprocess.Popen(
        command.command, stdout=PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None  # noqa: S101  # for the type: PIPE makes one
        with closing(process.stdout):
            yield from _timed(command, process.stdout)


def _timed(command: LogCommand, lines: Iterator[str] | Sequence[str]) -> Iterator[LogLine]:
    at = None
    for raw in lines:
        line = parse(command.component, command.form, raw.rstrip("\n"))
        if line:
            at = line.at or at
            yield line._replace(at=at)


async def _follow(commands: Sequence[LogCommand], say: Callable[[LogLine], None]) -> None:
    """Print every line as it comes, until Ctrl-C."""
    async with anyio.create_task_group() as readers:
        for command in commands:
            readers.start_soon(_follow_one, command, say)


async def _follow_one(command: LogCommand, say: Callable[[LogLine], None]) -> None:
    async with await anyio.open_process(
        command.command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None  # noqa: S101  # for the type: open_process makes a pipe
        rest = ""
        async for text in TextReceiveStream(process.stdout, errors="replace"):
            *whole, rest = (rest + text).split("\n")
            for line in _timed(command, whole):
                say(line)


def _say(line: LogLine, *, errors: bool, since: float | None, as_json: bool) -> None:
    if (errors and not line.is_bad) or (since and line.at and line.at < since):
        return
    click.echo(json.dumps(line.document(), default=str) if as_json else line.text())
