"""The runbooks: a page for each alert, the same headings, commands that exist."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from ops.cli import main
from tests.monitoring.rule_files import ROOT, alerts

FOLDER = ROOT / "docs" / "runbooks"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.stem != "README")
HEADINGS = ["Meaning", "Impact", "Look", "Likely causes", "Mend", "Over when"]
FENCED = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`(tpcapital [^`]+)`")


def test_each_alert_has_a_page_and_each_page_an_alert() -> None:
    """By its name; the list of all names each once."""
    names = {alert.name for alert in alerts()}
    assert {page.stem for page in PAGES} == names
    listed = re.findall(r"^\| \[(\w+)\]\(\1\.md\)", _text(FOLDER / "README.md"), re.MULTILINE)
    assert sorted(listed) == sorted(names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_every_heading_and_three_commands(page: Path) -> None:
    """In their order; who is woken at night finds the same thing in the same place."""
    text = _text(page)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert all(len(part.strip()) >= 5 for part in parts)
    (block,) = FENCED.findall(text)
    assert len(block.splitlines()) == 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_commands_parse(page: Path) -> None:
    """As our own command line reads them; what they do is not done."""
    for command in _commands(page):
        words = shlex.split(command.split(" > ")[0].split(" | ")[0])[1:]
        words = ["4711" if word == "SEQ" else word for word in words]
        with suppress(click.exceptions.Exit):  # --help and --version end so
            _parse(main, "tpcapital", words)


def _commands(page: Path) -> Iterator[str]:
    text = _text(page)
    yield from INLINE.findall(FENCED.sub("", text))
    for block in FENCED.findall(text):
        yield from (line for line in block.splitlines() if line.startswith("tpcapital "))


def _parse(command: click.Command, name: str, words: list[str]) -> None:
    context = command.make_context(name, words)
    if isinstance(command, click.Group):
        found, child, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        assert found is not None
        assert child is not None
        _parse(child, found, rest)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")
