"""Where the code says no to a program that asks over HTTP: the sentence of each such place.

Sentences stand in the call that makes the problem, in a name that is given to it, or in a function
of the module that is called there.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tests.messages_list.sites import ROOT, SHORTEST, Site, pieces

# Files and folders whose words reach an answer.
PLACES: Final = (
    *("contracts/errors.py", "contracts/wire.py", "ingest_api", "gateway_outbox/control"),
    *("gateway_outbox/user/history_desk.py", "gateway_outbox/user/backfill_source.py"),
)
# What makes a problem, or becomes the words of one.
CALLS: Final = frozenset(
    {
        *("ProblemError", "retry_later", "invalid", "RefusedError", "refuse", "Guard"),
        *("ContractError", "HistoryError", "DatabaseUnavailableError", "OverloadedError"),
        *("RejectedError", "ValueError", "ReadyAnswer"),
    }
)


class _Module:
    """A module's sentences by the names under which they may be given away."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._named: dict[str, list[ast.expr]] = defaultdict(list)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self._named[node.targets[0].id].append(node.value)
            elif isinstance(node, ast.FunctionDef):
                returned = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
                self._named[node.name] += [each.value for each in returned if each.value]

    def sentences(self) -> Iterator[ast.expr]:
        """The texts that reach a call of CALLS, or leave a generator of faults."""
        for node in ast.walk(self.tree):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call) and _name(node.func) in CALLS:
                given = [*node.args, *(each.value for each in node.keywords)]
            elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                given = node.value.elts
            for each in given:
                yield from self._texts(each, set())

    def _texts(self, node: ast.expr, seen: set[str]) -> Iterator[ast.expr]:
        if isinstance(node, ast.Constant | ast.JoinedStr):
            yield node
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                yield from self._texts(value, seen)
        elif isinstance(node, ast.IfExp):
            yield from self._texts(node.body, seen)
            yield from self._texts(node.orelse, seen)
        else:
            name = _name(node.func if isinstance(node, ast.Call) else node)
            if name not in seen:
                for value in self._named.get(name, []):
                    yield from self._texts(value, {*seen, name})


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


@cache
def http_sites() -> list[Site]:
    """Every place with a sentence of its own, in the order of the modules."""
    found = []
    for place in PLACES:
        here = ROOT / place
        for path in sorted(here.rglob("*.py")) if here.is_dir() else [here]:
            for sentence in _Module(ast.parse(path.read_text(encoding="utf-8"))).sentences():
                fixed = tuple(piece for piece in pieces(sentence) if piece)
                if sum(map(len, fixed)) >= SHORTEST:
                    found.append(Site(_path(path), fixed))
    return list(dict.fromkeys(found))


def is_told(site: Site, texts: Sequence[str]) -> bool:
    """Whether a test has its longest piece; the short ones ("send again later") are of many."""
    return site._replace(pieces=(max(site.pieces, key=len),)).is_told_by(texts)


def _path(path: Path) -> str:
    return str(path.relative_to(ROOT))
