"""One line that a person types, and what it says no with."""

import json
import re
import shlex
from typing import NamedTuple

from click.testing import CliRunner

from ops.cli import main
from tests.messages import TOKEN


class Row(NamedTuple):
    """`NAME=value … command arguments`, the exit status, and the sentence on standard error.

    `{token}` is a good token, `{folder}` where it was typed, `…` for what differs from run to run.
    """

    line: str
    status: int
    said: str

    def matches(self, said: str) -> bool:
        """Whether this is the sentence."""
        parts = [re.escape(part) for part in self.said.split("…")]
        return re.fullmatch("(.+)".join(parts), said, re.DOTALL) is not None


class Told(NamedTuple):
    """How it ended, and what stood on standard output and, from its error on, standard error."""

    status: int
    out: str
    said: str
    failure: BaseException | None


def provoke(line: str, environ: dict[str, str | None]) -> Told:
    """Type the line; what goes before the command's name is set in the environment."""
    words = shlex.split(line.replace("{token}", TOKEN))
    given = dict(environ)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        given[name] = value
    result = CliRunner().invoke(main, words, env=given, input="x\n")
    failure = None if isinstance(result.exception, SystemExit) else result.exception
    return Told(result.exit_code, result.stdout, _sentence(result.stderr), failure)


def _sentence(text: str) -> str:
    """Without the usage that click puts before its error, and without a log line's frame."""
    lines = text.strip().split("\n")
    if lines[0].startswith("Usage: "):
        lines = text.strip().split("\n\n", 1)[-1].split("\n")
    return "\n".join(json.loads(each)["message"] if each[:1] == "{" else each for each in lines)
