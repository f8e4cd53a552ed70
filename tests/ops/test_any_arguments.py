"""Whatever stands behind `tpcapital`: a sentence and a status, never a traceback or a hang."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings, strategies

from ops.cli import main
from tests.messages_list import world
from tests.ops.hostile_arguments import ONLY_READ, leaves, lines

_COMMANDS = dict(leaves())
_EXAMPLES = int(os.environ.get("TPCAPITAL_FUZZ_EXAMPLES", "3"))
_LIMIT_SECONDS = 30.0
_STATUSES = frozenset({0, 1, 2, 3, 69, 70, 74, 75, 76, 77, 78, 79})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all that commands read, deep in another."""
    place = tmp_path_factory.mktemp("arguments") / "a/b/c"
    world.make(place)
    return place


@pytest.fixture
def environ(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """Nothing of this machine: no program, no settings, no database."""
    return world.enter(folder, monkeypatch) | {"OUTBOX_PATH": "outbox.sqlite3"}


@contextmanager
def _in_time() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"no end after {_LIMIT_SECONDS:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, _LIMIT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _type(name: str, arguments: list[str], environ: dict[str, str | None]) -> Result:
    """The command with these arguments; of some only the arguments are read."""
    runner = CliRunner()
    if name in ONLY_READ:
        command = click.Command(name, params=_COMMANDS[name].params, callback=lambda **_: None)
        return runner.invoke(command, arguments, env=environ)
    return runner.invoke(main, [*name.split(), *arguments], env=environ, input="text\n")


@pytest.mark.parametrize("name", _COMMANDS)
@given(data=strategies.data())
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_arguments_break_a_command(
    environ: dict[str, str | None], name: str, data: strategies.DataObject
) -> None:
    """The status is one of the table; what is said is a sentence, no traceback, no repr."""
    arguments = data.draw(lines(_COMMANDS[name]))
    with _in_time():
        result = _type(name, arguments, environ)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in _STATUSES
    assert "Traceback" not in result.output
    assert "[Errno" not in result.output
