"""SQL is text of ours: what comes from elsewhere is a parameter, and a name is quoted as a name."""

import ast
import re
from pathlib import Path

import pytest

from tests.test_architecture import FILES, ROOT, TREES

_STATEMENT = re.compile(
    r"^\s*(select\b.*\bfrom|insert\s+(or\s+\w+\s+)?into|update\s+\S+\s+set|delete\s+from|truncate\b"
    r"|(create|drop|alter)\s+(table|schema|database|view|index|role|trigger|extension)|grant\b.*\bto\b"
    r"|set\s+\w+\s*=|copy\b|with\s+\w+\s+as|pragma\b|attach\s+database|vacuum\b|explain\b)",
    re.IGNORECASE | re.DOTALL,
)
# Statements put together from texts, and why nothing of a stranger's can be among them.
_ALLOWED = {
    "gateway_outbox/outbox.py": "our own list of pragmas, which take no parameter",
    "gateway_outbox/outbox_file.py": "the same, and two numbers of ours",
    "gateway_outbox/outbox_salvage.py": "tables and columns of our own schema.sql",
    "ops/bench_outbox.py": "a list of columns that this file writes",
    "ops/bench_scale.py": "the names of the views that bench_scale.sql makes, and a constant",
    "ops/bench_stack.py": "a database's name that this file makes itself",
}
_RUNS = {"execute", "executemany", "executescript", "copy", "stream", "fetch"}
_JOINS = (ast.Add, ast.Mod)


def _made_of_texts(node: ast.AST) -> str | None:
    """The text of an expression that puts a text together; what is put in stands as `?`."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "?" for p in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, _JOINS):
        left = node.left
        return str(left.value) if isinstance(left, ast.Constant) else _made_of_texts(left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        made = node.func.attr in {"format", "join", "replace"}
        value = node.func.value
        return str(value.value) if made and isinstance(value, ast.Constant) else None
    return None


def _places(name: str) -> list[str]:
    path = str(FILES[name].relative_to(ROOT))
    found = []
    for node in ast.walk(TREES[name]):
        text = _made_of_texts(node)
        if text and _STATEMENT.match(text):
            found.append(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Call) and getattr(first.func, "attr", "") == "encode":
                first = first.func.value  # type: ignore[attr-defined]  # an attribute has a value
            if node.func.attr in _RUNS and isinstance(first, ast.JoinedStr):
                found.append(path)
    return found


@pytest.mark.parametrize("package", ["contracts", "gateway_outbox", "ingest_api", "ops"])
def test_no_statement_is_put_together_from_texts(package: str) -> None:
    """No f-string, %, + or format makes SQL, but where a reason stands."""
    found = {path for name in FILES if name.startswith(package) for path in _places(name)}
    assert found == {path for path in _ALLOWED if path.startswith(package)}


# Texts that PostgreSQL has quoted itself: a regclass, a regprocedure.
_QUOTED = {"alter %s %s owner to %I": "roles.sql", "alter function %s owner to %I": "roles.sql"}


@pytest.mark.parametrize("file", sorted(ROOT.glob("*/**/*.sql")), ids=lambda path: path.name)
def test_no_function_in_the_database_runs_a_text(file: Path) -> None:
    """EXECUTE of a made text only with %I and %L, which quote, never with || or %s."""
    text = re.sub(r"--.*", "", file.read_text(encoding="utf-8")).lower()
    for made in re.findall(r"\bexecute\b(?!\s+(?:function|procedure|on)\b)([^;]*);", text):
        form = re.search(r"format\('([^']*)'", made)
        quoted = form is not None and _QUOTED.get(form[1].replace("%i", "%I")) == file.name
        assert "||" not in made
        assert quoted or "%s" not in made
