"""Command lines that nobody means: every option and argument of a command, with odd values."""

from collections.abc import Iterator
from typing import Final

import click
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

from ops.cli import main

# What changes the machine, restarts something or never ends is not for a stranger to press.
UNTOUCHED: Final = frozenset(
    {
        *("--yes", "--run", "--rollback", "--again", "--fix"),
        *("--restart-api", "--restart-gateway", "--follow", "--watch"),
    }
)
# Their arguments are read and refused as ever, but what is asked for is not done.
ONLY_READ: Final = frozenset({"as-service", "bench", "demo", "restart", "start", "stop"})

_NUMBERS: Final = (
    *("0", "-1", "1", "2", "00", "+3", "1e400", "-1e400", "nan", "inf", "0.5", "9" * 400),
    *("-1001234567890", "9223372036854775807", "9223372036854775808", "-9223372036854775809"),
    *("1_000", "٣", "0x10", " 7 "),
)
_WORDS: Final = (
    *(
        "",
        " ",
        "-",
        "--",
        "---",
        "-x",
        "--json",
        "@",
        "@name",
        "#1",
        "a=b",
        "TP=-100",
        "=",
        "%",
        "{}",
    ),
    *("%s", "{0}", "$HOME", "`id`", "'", '"', "\\", "\n", "\r\n", "\t", "\x1b[31m", "\x07", "\x7f"),
    *("\u202eabc", "\ufeff", "é" * 200, "💥", "\udcff", "x" * 5000, "[bold]", "[/]", "2026-11-01"),
    *(
        "9999-12-31",
        "0001-01-01T00:00:00+14:00",
        "999999999999d",
        "t.me/c/1/2",
        "-1001/5",
        "-1001:5",
    ),
    *("https://t.me/name", "http://", "http://[", "http://127.0.0.1:1", "http://127.0.0.1:99999"),
    *("ftp://127.0.0.1", "file:///", "127.0.0.1:1", "postgresql://", "postgresql:///x?y=1"),
    *("host=127.0.0.1 port=1", "port=x", "host='", "age1x", "ssh-ed25519 x", "AGE-SECRET-KEY-1"),
)
_PLACES: Final = (
    *(".", "..", "folder", "folder/", "missing", "missing/deeper", "file", "file/below", "a b"),
    *("outbox.sqlite3", "other.sqlite3", "channels.toml", "export.json", "queue.jsonl", "noise"),
    *("session", "keys", "backups", "old.env", "loop", "folder/../file", "x" * 300, "y/" * 2500),
)
_VALUES: Final = strategies.one_of(
    strategies.sampled_from(_PLACES),
    strategies.sampled_from(_NUMBERS),
    strategies.sampled_from(_WORDS),
    strategies.text(strategies.characters(codec="utf-8", exclude_characters="\0/"), max_size=20),
)


def leaves(
    command: click.Command = main, names: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something: its whole name, and itself."""
    if not isinstance(command, click.Group):
        yield " ".join(names), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*names, name))


def lines(command: click.Command) -> SearchStrategy[list[str]]:
    """Arguments for the command: some of its options, odd values, and what it does not know."""
    parts = [_part(parameter) for parameter in command.params if _is_harmless(parameter)]
    stray = strategies.lists(_VALUES.filter(lambda word: word not in UNTOUCHED), max_size=1)
    return strategies.tuples(*parts, strategies.just([]) | stray).flatmap(
        lambda chosen: strategies.permutations(chosen).map(_joined)
    )


def _joined(parts: list[list[str]]) -> list[str]:
    return [word for part in parts for word in part]


def _is_harmless(parameter: click.Parameter) -> bool:
    return not UNTOUCHED & {*parameter.opts}


def _part(parameter: click.Parameter) -> SearchStrategy[list[str]]:
    """What stands for one parameter: nothing, or once or twice the option and its value."""
    values = _VALUES
    if isinstance(parameter.type, click.Choice):
        values = strategies.sampled_from([str(each) for each in parameter.type.choices]) | _VALUES
    if isinstance(parameter, click.Argument):
        most = 3 if parameter.nargs < 0 else 1
        return strategies.lists(values.filter(_is_no_option), min_size=1, max_size=most) | (
            strategies.just([])
        )
    names = strategies.sampled_from([*parameter.opts, *parameter.secondary_opts])
    if isinstance(parameter, click.Option) and parameter.is_flag:
        once = names.map(lambda name: [name])
    else:
        once = strategies.tuples(names, values).map(list)
    often = strategies.lists(once, min_size=1, max_size=2).map(_joined)
    return strategies.just([]) | once | (often if parameter.multiple else once)


def _is_no_option(word: str) -> bool:
    """Whether the word cannot be short for an option that must stay untouched."""
    return not any(option.startswith(word) for option in UNTOUCHED if len(word) > 2)
