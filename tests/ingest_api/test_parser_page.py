"""The parser's reference page says what the code does."""

from pathlib import Path

from ingest_api.parser.brazilian_number import MAX_DECIMALS, MAX_INTEGER_DIGITS
from ingest_api.parser.signal import Malformed, NotASignal, Signal
from ingest_api.parser.signal_labels import LABELS, SIGNAL_TYPES
from ingest_api.parser.signal_parser import MAX_TARGETS, parse

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "parser.md"
NAMES: dict[type, str] = {Signal: "signal", NotASignal: "not_a_signal", Malformed: "malformed"}


def section(title: str) -> str:
    """A section's text, without its heading."""
    return PAGE.read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]


def table(title: str) -> list[list[str]]:
    """The cells of a section's table, its head left out."""
    rows = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_labels_table_is_the_codes_own() -> None:
    """Kinds and words are those of `LABELS`, in its order."""
    shown = {kind: tuple(words.split(", ")) for kind, words in table("Labels")}
    assert shown == LABELS


def test_every_example_reads_as_the_page_says() -> None:
    """The examples are run."""
    for text, kind in table("Examples"):
        assert NAMES[type(parse(text.strip("`")))] == kind, text


def test_the_limits_and_types_are_the_codes_own() -> None:
    """Numbers of digits and targets, and the names of the types."""
    malformed, rule = section("Malformed"), section("The rule")
    assert f"over {MAX_INTEGER_DIGITS} digits before the decimals or over {MAX_DECIMALS}" in (
        " ".join(malformed.split())
    )
    assert f"over {MAX_TARGETS} targets" in malformed
    assert all(name in rule for name in SIGNAL_TYPES.values())
