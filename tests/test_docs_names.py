"""What the documents name exists: commands with their options, files, settings."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ops.cli import main
from ops.reference_docs import PAGES, ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SHELL = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`((?:\./justw |tpcapital )[^`\n]+)`")
FILE = re.compile(
    r"`((?:contracts|gateway_outbox|ingest_api|ops|tests|compose|systemd)/[\w/.-]+\.\w+|\w+\.py)`"
)
NAMED = pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
MADE_LATER = re.compile(r"compose/(\.env|secrets/)|.*VERSION")


@NAMED
def test_each_command_exists_with_its_options(page: Path) -> None:
    """Of `tpcapital`: the names of its commands, and every option behind them."""
    assert [command for command in _commands(page) if not _exists(command)] == []


@NAMED
def test_each_file_exists(page: Path) -> None:
    """By its path, or a module's name that some room has; what a command makes is made later."""
    named = {name for name in FILE.findall(_text(page)) if not MADE_LATER.match(name)}
    assert {name for name in named if not _is_there(name)} == set()


@NAMED
def test_each_recipe_exists(page: Path) -> None:
    """Of the Justfile."""
    recipes = re.findall(r"`\./justw ([\w-]+)", (PAGES / "recipes.md").read_text("utf-8"))
    named = re.findall(r"\./justw ([a-z][\w-]*)", _text(page))
    assert set(named) - set(recipes) == set()


def _is_there(name: str) -> bool:
    return (ROOT / name).exists() or ("/" not in name and any(_modules(name)))


def _modules(name: str) -> Iterator[Path]:
    for room in ("contracts", "gateway_outbox", "ingest_api", "ops", "tests", "docs"):
        yield from (ROOT / room).rglob(name)


def _commands(page: Path) -> Iterator[list[str]]:
    """The words of each call of `tpcapital`; comments, pipes and what runs it are left out."""
    text = _text(page)
    lines = [
        line for block in SHELL.findall(text) for line in block.replace("\\\n", " ").splitlines()
    ]
    for line in [*lines, *INLINE.findall(text)]:
        if called := re.search(r"(?:^|[\s/])tpcapital ([a-z-][^|>;&#\n]*)", line):
            yield shlex.split(called[1])


def _exists(words: list[str]) -> bool:
    """Whether the words lead to a command that has each option among them."""
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            return not rest[0].isascii() or rest[0].isupper()
        command = found
        rest.pop(0)
        if command.name == "as-service":
            return not rest or _exists(rest[1:] if rest[0] == "--user" else rest)
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    named = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
    return set(named) <= known | {"--help", "-h"}


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")
