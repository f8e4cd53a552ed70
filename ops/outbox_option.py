"""Which outbox a command is about: one option, the same for each of them."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ops.file_path import FilePath

F = TypeVar("F", bound=Callable[..., Any])


def outbox_option(name: str = "outbox") -> Callable[[F], F]:
    """`--outbox`, given to the command's function under this name."""
    return click.option(
        "--outbox",
        name,
        envvar="OUTBOX_PATH",
        default="data/outbox.sqlite3",
        show_default=True,
        type=FilePath(),
        help="The outbox file (OUTBOX_PATH).",
    )
