"""SECURITY.md: each claim has a number and tests, and each of them exists."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.test_architecture import ROOT

_TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
_TABLE = _TEXT.partition("<!-- claims -->")[2].partition("<!-- end of claims -->")[0]
_ROW = re.compile(r"^\| ([A-F][0-9]+) \| (.+) \| (.+) \|$", re.MULTILINE)
CLAIMS = {row[1]: row[3] for row in _ROW.finditer(_TABLE)}
# Files that compare what a request carries with a secret.
_GUARDS = (
    "gateway_outbox/control/guard.py",
    "ingest_api/request/gateway_token.py",
    "ingest_api/request/api_key.py",
    "gateway_outbox/control/sync_control.py",
)


def _tests(path: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def test_every_row_is_read() -> None:
    """A row that is written otherwise would be proved by nothing."""
    rows = [line for line in _TABLE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(CLAIMS) > 30


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_has_a_proof(claim: str) -> None:
    """Tests that exist, or a recipe that a person runs."""
    if CLAIMS[claim].startswith("by hand: `just "):
        recipe = CLAIMS[claim].split("`")[1].removeprefix("just ")
        assert f"\n{recipe} *args:" in (ROOT / "Justfile").read_text(encoding="utf-8")
        return
    proofs = re.findall(r"`([^`]+)`", CLAIMS[claim])
    assert proofs
    for proof in proofs:
        path, _, name = proof.partition("::")
        assert name in set(_tests(path)), proof


def test_secrets_are_compared_in_constant_time() -> None:
    """Where a request meets a secret, by `hmac.compare_digest` of digests, and never with `==`."""
    for path in _GUARDS[:3]:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert "hmac.compare_digest(" in text
        assert "hashlib.sha256(" in text
    for path in _GUARDS:
        for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                words = ast.unparse(node).lower()
                assert not re.search(r"token|secret|\bkey\b|digest|reveal", words), words
