"""Settings from variables, files and credentials."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from contracts.environment import SettingsError, file_of, load
from contracts.secret import Secret, Token, token_fault
from tests.messages import TOKEN


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of each kind."""

    name: Annotated[str, msgspec.Meta(description="what it is called")]
    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    folder: Annotated[Path, msgspec.Meta(description="where it lies")] | None = None
    token: Annotated[Token, msgspec.Meta(description="its key")] | None = None
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.name == "both":
            raise SettingsError(["NAME and COUNT together", "are no good"])
        if self.name == "bad":
            raise ValueError("NAME bad is bad")


def problems(environ: dict[str, str]) -> list[str]:
    """Every sentence about these variables."""
    with pytest.raises(SettingsError) as caught:
        load(Sample, environ)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_values_are_converted_and_defaults_stand() -> None:
    """An empty variable counts as not set, which compose files need."""
    sample = load(Sample, {"NAME": "x", "COUNT": "3", "FOLDER": "", "QUIET": "true"})
    assert sample == Sample(name="x", count=3, folder=None, quiet=True)
    assert load(Sample, {"NAME": "x", "FOLDER": "a/b"}).folder == Path("a/b")


@pytest.mark.parametrize("text", [" x ", '"x"', "'x'", ' "x" \n'])
def test_blanks_and_quotes_are_taken_off(text: str) -> None:
    """Env files often carry them."""
    assert load(Sample, {"NAME": text}).name == "x"


def test_an_odd_quote_is_part_of_the_value() -> None:
    """Only a pair goes."""
    assert load(Sample, {"NAME": "\"x'"}).name == "\"x'"
    assert load(Sample, {"NAME": '"'}).name == '"'


def test_variable_before_file_before_credential(tmp_path: Path) -> None:
    """The order that the reference states; an empty variable does not hide the file."""
    (tmp_path / "given").write_text("file\n")
    (tmp_path / "name").write_text("credential\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load(Sample, environ).name == "credential"
    environ["NAME_FILE"] = str(tmp_path / "given")
    assert load(Sample, {**environ, "NAME": ""}).name == "file"
    assert load(Sample, {**environ, "NAME": "variable"}).name == "variable"


def test_the_file_of_a_variable_is_known(tmp_path: Path) -> None:
    """For whoever reads it again when it changes."""
    assert file_of("NAME", {"NAME": "x", "NAME_FILE": "y"}) is None
    assert file_of("NAME", {"NAME_FILE": "y"}) == Path("y")
    assert file_of("NAME", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) is None
    (tmp_path / "name").write_text("x")
    assert file_of("NAME", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == tmp_path / "name"


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Missing, unreadable and ill-typed, with what each variable is."""
    missing = tmp_path / "none"
    assert problems({"COUNT": "0", "FOLDER_FILE": str(missing), "TOKEN": "abc"}) == [
        "NAME is not set. It is: what it is called.",
        "COUNT '0' must be 1 or more.",
        f"FOLDER_FILE {missing}: No such file or directory. It is: where it lies.",
        f"TOKEN {token_fault(Secret('abc'))}. It is: its key.",
    ]


def test_an_unfit_value_of_a_file_is_named_without_a_value(tmp_path: Path) -> None:
    """Not as if the variable itself were empty."""
    (tmp_path / "count").write_text("many")
    (tmp_path / "name").write_bytes(b"\xff\xfe")
    found = problems({"COUNT_FILE": str(tmp_path / "count"), "NAME_FILE": str(tmp_path / "name")})
    assert "is no text in UTF-8" in found[0]
    assert found[1] == "COUNT must be a whole number."


@pytest.mark.parametrize(
    ("name", "expected"),
    [("both", ["NAME and COUNT together", "are no good"]), ("bad", ["NAME bad is bad"])],
)
def test_rules_over_several_values_are_told(name: str, expected: list[str]) -> None:
    """Whether the struct raises our error or a plain one."""
    assert problems({"NAME": name}) == expected


def test_a_secret_is_never_repeated() -> None:
    """Also where it may be absent, and when the environment holds bytes that are no text."""
    (problem,) = problems({"NAME": "x", "TOKEN": "hunter2\udcff"})
    assert problem == "TOKEN is no text in UTF-8. It is: its key."
    (problem,) = problems({"NAME": "x", "TOKEN": "hunter2"})
    assert "hunter2" not in problem
    token = load(Sample, {"NAME": "x", "TOKEN": TOKEN}).token
    assert isinstance(token, Secret)
    assert token.reveal() == TOKEN
