"""The one command and its lazy subcommands."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from contracts.version import current
from gateway_outbox.errors import GatewayError
from ops.cli import COMMANDS, LazyGroup, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_is_there_and_helps(name: str) -> None:
    """`tpcapital NAME --help` works for each name of the table."""
    result = CliRunner().invoke(main, [name, "--help"])
    assert (result.exit_code, result.output[:6]) == (0, "Usage:")


def test_help_lists_every_command() -> None:
    """`tpcapital --help` names them all, each with a line."""
    output = CliRunner().invoke(main, ["--help"]).output
    assert "none lost on the way" in output
    assert [name for name in COMMANDS if f"\n  {name} " not in output] == []


def test_the_version_is_told() -> None:
    """`--version` is the version of the whole."""
    assert CliRunner().invoke(main, ["--version"]).output == f"tpcapital, version {current()}\n"


def test_an_unknown_command_is_wrong_use() -> None:
    """Status 2 and the name."""
    result = CliRunner().invoke(main, ["inbox"])
    assert (result.exit_code, "No such command 'inbox'" in result.output) == (2, True)


@pytest.mark.parametrize("variable", ["OUTBOX_PATH", "SESSION_DIR", "CHANNELS_FILE"])
def test_a_place_has_one_option_in_every_command(variable: str) -> None:
    """Who has learnt it once has learnt it for all of them."""
    names = {name for each in options_of(main) if each.envvar == variable for name in each.opts}
    assert len(names) == 1, names


def options_of(command: click.Command) -> Iterator[click.Parameter]:
    """Every option of a command and of those below it."""
    yield from command.params
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if below := command.get_command(context, name):
                yield from options_of(below)


def test_asking_one_command_does_not_load_the_others() -> None:
    """The root and its help bring neither HTTP, nor a database driver, nor rich."""
    code = (
        "import sys; from ops.cli import main; main(['--help'], standalone_mode=False);"
        " print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"aiohttp", "aiosqlite", "psycopg", "rich", "telethon"} & set(loaded) == set()


def test_looking_into_the_outbox_loads_no_http_library() -> None:
    """`outbox ls` and its kin start fast."""
    module = COMMANDS["outbox"].where.partition(":")[0]
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"aiohttp", "aiosqlite", "psycopg", "telethon"} & set(loaded) == set()


def test_commands_of_the_table_are_click_commands() -> None:
    """Each place leads to a command."""
    places = [place.where.partition(":") for place in COMMANDS.values()]
    found = [getattr(import_module(module), name) for module, _, name in places]
    assert all(isinstance(each, click.Command) for each in found)


def _group_that_raises(error: BaseException) -> LazyGroup:
    def fail() -> None:
        raise error

    return LazyGroup("root", commands={"fail": click.Command("fail", callback=fail)})


@pytest.mark.parametrize(
    "error",
    [
        GatewayError("the disk is gone"),
        ExceptionGroup("tasks", [ExceptionGroup("inner", [GatewayError("the disk is gone")])]),
    ],
)
def test_the_gateway_s_own_errors_are_one_sentence(error: Exception) -> None:
    """Also when task groups wrapped them; never a traceback."""
    result = CliRunner().invoke(_group_that_raises(error), ["fail"])
    assert (result.exit_code, result.output) == (1, "Error: the disk is gone\n")


def test_an_error_that_is_nobody_s_keeps_its_traceback() -> None:
    """A bug is not dressed up as a sentence."""
    group = ExceptionGroup("tasks", [GatewayError("known"), ZeroDivisionError()])
    result = CliRunner().invoke(_group_that_raises(group), ["fail"])
    assert result.exception is group


def _typed(*arguments: str, stdout: int | None) -> tuple[int, str]:
    """Status and errors of the command as a process of its own; None closes its output."""
    done = subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=(lambda: os.close(1)) if stdout is None else None,  # no threads here
    )
    return done.returncode, done.stderr


def test_output_that_nobody_takes_is_no_error() -> None:
    """Standard output is closed (`>&-`): the command runs all the same."""
    assert _typed("parse", "--help", stdout=None) == (0, "")
    assert _typed("token", "new", stdout=None) == (0, "")


def test_a_reader_that_went_away_is_told_nothing() -> None:
    """`| head`: status 1 and no word, as other programs do."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert _typed("token", "new", stdout=writing) == (1, "")
    finally:
        os.close(writing)


def test_output_on_a_full_disk_is_one_sentence() -> None:
    """The place and the cause."""
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        found = _typed("token", "new", stdout=full)
    finally:
        os.close(full)
    assert found == (1, "Error: standard output: No space left on device\n")
