"""`tpcapital status` on a real terminal, narrow and wide, once and again and again."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.running_gateway import ROOT
from tests.telegram.terminal_process import TerminalProcess, on_terminal

DOWN = 2
STATUS = [sys.executable, "-m", "ops", "status"]
HEADINGS = ("component", "by", "state", "for", "version", "pid", "memory", "restarts", "key")


def environ(folder: Path, columns: int) -> dict[str, str]:
    """Nothing runs here, on a terminal so wide."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "COLUMNS": str(columns),
        "OUTBOX_PATH": str(folder / "outbox.sqlite3"),
        "COMPOSE_FILE": str(folder / "none.yaml"),
    }


def widest(screen: TerminalProcess) -> int:
    """The longest line that was shown, in characters."""
    return max(len(line) for line in re.split(r"[\r\n]+", screen.shown))


async def test_it_is_drawn_over_until_ctrl_c(tmp_path: Path) -> None:
    """In one go and without clearing the screen; the status is the last verdict's."""
    async with on_terminal([*STATUS, "--watch"], environ(tmp_path, 80)) as screen:
        await screen.wait_for("down: ", times=2)
        screen.interrupt()
        assert await screen.end() == DOWN
    assert "\x1b[2J" not in screen.raw
    assert "\x1b[31mdown: " in screen.raw
    assert (screen.raw.count("\x1b[?25l"), screen.raw.count("\x1b[?25h")) == (1, 1)
    assert screen.raw.rstrip().endswith("gateway stopped\x1b[0m\r\n\x1b[?25h")
    assert not [word for word in ("Aborted", "Traceback", "Interrupt") if word in screen.shown]


@pytest.mark.parametrize(
    ("columns", "headings"),
    [(160, HEADINGS), (80, HEADINGS[:-1]), (60, ("component", "by", "state", "for", "memory"))],
)
async def test_no_word_is_broken_by_a_narrow_terminal(
    tmp_path: Path, columns: int, headings: tuple[str, ...]
) -> None:
    """What does not fit is left out, and not a line of the table is wider."""
    async with on_terminal(STATUS, environ(tmp_path, columns)) as screen:
        assert await screen.end() == DOWN
    assert tuple(screen.shown.splitlines()[1].split()) == headings
    assert "\n  gateway " in screen.shown
    assert widest(screen) <= columns
