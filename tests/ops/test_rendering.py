"""What people, pipes and programs see."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ops.cli import main
from ops.rendering import Age, Facts, Moment, Sheet, Size, harmless, human, show

SHEET = Sheet("rows", ("seq", "size", "text"), [(1, Size(2048), "a\tb\nc\\"), (2, None, True)])
SCRIPT = (
    "from ops.rendering import *;"
    "show({}, Sheet('rows', ('size', 'text'), [(Size(2048), '[b]x\\x1b[31m')]),"
    " Facts('one', {'age': Age(90061)}), Sheet('', ('a',), [], 'no such rows'), as_json=False)"
)


def on_a_terminal(**variables: str) -> str:
    """What the script prints with a terminal as its standard output."""
    ours, theirs = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "80", **variables}
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=theirs, env=environ) as process:
        os.close(theirs)
        assert process.wait(20) == 0
    printed = os.read(ours, 65536).decode()
    os.close(ours)
    return printed


def test_a_pipe_gets_tab_separated_lines_with_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    """Plain numbers; a tab or line end inside a text never looks like one of the table."""
    show(None, SHEET, as_json=False)
    assert capsys.readouterr().out == "seq\tsize\ttext\n1\t2048\ta\\tb\\nc\\\\\n2\t\ttrue\n"


def test_facts_in_a_pipe_are_names_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Parts are parted by an empty line."""
    show(None, Facts("x", {"age": Age(1.5)}), Facts("y", {"ok": False}), as_json=False)
    assert capsys.readouterr().out == "name\tvalue\nage\t1.500\n\nname\tvalue\nok\tfalse\n"


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the parts are, a program reads the document."""
    show({"size": Size(7), "text": "ação\x9b"}, SHEET, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"size": 7, "text": "ação\x9b"}


def test_a_terminal_gets_tables_with_human_values() -> None:
    """Sizes and ages as people read them; markup and escapes of a text have no effect."""
    printed = on_a_terminal()
    for expected in ("2.0 KiB", "1 d 1 h", "[b]x\\x1b[31m", "no such rows"):
        assert expected in printed


def test_no_color_is_respected() -> None:
    """With NO_COLOR no colour is set, whatever the terminal can."""
    assert not re.search(r"\x1b\[[\d;]*(3[0-8]|9[0-7])[\d;]*m", on_a_terminal(NO_COLOR="1"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (Size(1023), "1023 bytes"),
        (Size(5 * 1024**4), "5.0 TiB"),
        (Age(0.4), "0 s"),
        (Age(59.7), "1 min"),
        (Age(3661), "1 h 1 min"),
        ("abc", "abc"),
        (12, "12"),
    ],
)
def test_each_value_has_its_human_form(value: object, shown: str) -> None:
    """Two units of an age, one of a size."""
    assert human(value) == shown


def test_a_moment_is_local_time() -> None:
    """Milliseconds become a date and a time of day."""
    assert human(Moment(1_795_346_125_095)).startswith("2026-11-2")


@given(st.text())
def test_no_text_can_steer_a_terminal(text: str) -> None:
    """Escapes, C1 controls, direction overrides and surrogates are made visible."""
    shown = harmless(text)
    assert not {"\x1b", "\x9b", "\r", "\x07", "\u202e"} & set(shown)
    assert shown.encode().decode() == shown


def test_the_command_in_a_pipe_prints_no_escapes() -> None:
    """Help and errors too are plain text there."""
    assert "\x1b" not in CliRunner().invoke(main, ["outbox", "--help"]).output
