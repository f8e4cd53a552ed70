"""Where the code says no to a person: the sentence of each such place, as far as it stands there.

A sentence is a text or an f-string given to an error that ends a command or a service; what is
computed is left out, so that a sentence is the pieces that stand between.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("contracts", "gateway_outbox", "ingest_api", "ops")
# Errors whose words a person reads at a terminal or in the last lines of a log.
ERRORS: Final = frozenset(
    {
        *("ClickException", "UsageError", "BadParameter", "ComponentFailedError", "Row"),
        *("GatewayError", "DoorError", "LoginError", "LoginRequiredError", "ExportError"),
        *("OutboxUnusableError", "SessionUnusableError", "SessionDamagedError", "ServerKeyError"),
        *("ChannelsFileError", "MigrationError", "PortBusyError", "TokenFileError"),
        *("WitnessError", "PortInUseError", "EmbeddedPostgresError", "ChildFailedError"),
    }
)
_ENDS: Final = " .;:,('\n"
SHORTEST: Final = 12  # characters of a piece that tells one sentence from another


class Site(NamedTuple):
    """One place: its module, and the fixed pieces of its sentence in their order."""

    module: str
    pieces: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.module}: {' … '.join(self.pieces)}"

    def is_said_by(self, said: str) -> bool:
        """Whether the sentence is of this place: all its pieces, in order."""
        return re.search(".*".join(map(re.escape, self.pieces)), said, re.DOTALL) is not None

    def is_told_by(self, texts: Sequence[str]) -> bool:
        """Whether one of a test's texts has a piece of it, or is part of one."""
        long = [piece for piece in self.pieces if len(piece) >= SHORTEST]
        every = "\n".join(texts)
        return any(piece in every or any(text in piece for text in texts) for piece in long)


@cache
def sites() -> list[Site]:
    """Every place with a sentence of its own, in the order of the modules."""
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = str(path.relative_to(ROOT))
            for call in _raised(ast.parse(path.read_text(encoding="utf-8"))):
                fixed = [piece for argument in call.args for piece in pieces(argument) if piece]
                if any(len(piece) >= SHORTEST for piece in fixed):
                    found.append(Site(module, tuple(fixed)))
    return list(dict.fromkeys(found))


def _raised(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = node.exc.func
            called = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
            if called in ERRORS:
                yield node.exc


def pieces(node: ast.expr) -> Iterator[str]:
    """The fixed parts of a text, without blanks and signs at their ends."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value.strip(_ENDS)


def texts_of_tests() -> list[str]:
    """Every text that stands in a test outside of this folder, without signs at its ends."""
    here = Path(__file__).parent
    found: set[str] = set()
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.is_relative_to(here):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        found |= {text.strip(_ENDS) for text in nodes if isinstance(text, str)}
    return sorted(text for text in found if len(text) >= SHORTEST)
