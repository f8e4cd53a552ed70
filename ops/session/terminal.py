"""Questions to a person at the terminal, asked on the loop: a connection lives on meanwhile."""

import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import click

_LINE_BYTES = 4096  # what a terminal hands out at most as one line


def is_person() -> bool:
    """Whether somebody can be asked: standard input is a terminal."""
    return sys.stdin.isatty()


async def ask(question: str, *, hidden: bool = False) -> str:
    """The answer, without blanks around it unless `hidden`, when it is not shown either.

    Waits on the loop, so a connection stays alive meanwhile. Raises click.Abort at the input's end.
    """
    descriptor = sys.stdin.fileno()
    with _unseen(descriptor) if hidden else _seen():
        # Only now: who answers at once must not be faster than the terminal falls silent.
        click.echo(question, nl=False, err=True)
        await anyio.wait_readable(descriptor)
        line = os.read(descriptor, _LINE_BYTES).decode(errors="replace")
    if not line:
        raise click.Abort
    return line.rstrip("\r\n") if hidden else line.strip()


@contextmanager
def _seen() -> Iterator[None]:
    yield


@contextmanager
def _unseen(descriptor: int) -> Iterator[None]:
    """What is typed is not shown."""
    before = termios.tcgetattr(descriptor)
    quiet = before.copy()
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        click.echo(err=True)
