"""Whatever stands behind `tpcapital`: a sentence and a status, never a traceback or a hang."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

import anyio
import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings, strategies

from ops.cli import main
from tests.gateway_outbox.session_files import write_session
from tests.messages import messages
from tests.ops.conftest import fill
from tests.ops.hostile_arguments import ONLY_READ, leaves, lines

_COMMANDS = dict(leaves())
_EXAMPLES = int(os.environ.get("TPCAPITAL_FUZZ_EXAMPLES", "3"))
_LIMIT_SECONDS = 30.0
_STATUSES = frozenset({0, 1, 2, 3, 69, 70, 74, 75, 76, 77, 78, 79})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder deep in another, with files of every kind that the commands read."""
    place = tmp_path_factory.mktemp("arguments") / "a/b/c"
    (place / "folder").mkdir(parents=True)
    (place / "backups").mkdir()
    (place / "file").write_text("words\n", encoding="utf-8")
    (place / "noise").write_bytes(bytes(range(256)) * 8)
    (place / "keys").write_text("# a key a line\nage1x\n", encoding="utf-8")
    (place / "old.env").write_text("TELEGRAM_API_ID=1\nexport X='y\n", encoding="utf-8")
    (place / "export.json").write_text('{"messages": [{}]}', encoding="utf-8")
    (place / "queue.jsonl").write_text('{"channelId": 1}\nnull\n', encoding="utf-8")
    (place / "channels.toml").write_text("version = 1\n", encoding="utf-8")
    (place / "loop").symlink_to("loop")
    write_session(place / "session/telegram.session")
    with closing(sqlite3.connect(place / "other.sqlite3")) as connection:
        connection.execute("CREATE TABLE t (x)")
    anyio.run(fill, place / "outbox.sqlite3", messages(5, channels=2), [])
    return place


@pytest.fixture
def environ(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Nothing of this machine: no program, no settings, no database but a folder of none."""
    monkeypatch.chdir(folder)
    for name in os.environ.keys() - {"PATH", "PYTEST_CURRENT_TEST"}:
        if name.startswith(("PG", "TIMESCALEDB_", "TELEGRAM_", "OUTBOX_", "COMPOSE_")):
            monkeypatch.delenv(name)
    return {
        "PATH": str(folder / "folder"),
        "HOME": str(folder),
        "PGHOST": str(folder),
        "PGCONNECT_TIMEOUT": "2",
        "OUTBOX_PATH": str(folder / "outbox.sqlite3"),
        "COMPOSE_FILE": str(folder / "none.yaml"),
    }


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


def _type(name: str, arguments: list[str], environ: dict[str, str]) -> Result:
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
    environ: dict[str, str], name: str, data: strategies.DataObject
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
