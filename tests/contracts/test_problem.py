"""Errors on the wire."""

import msgspec
import pytest

from contracts import problem
from contracts.errors import ContractError
from contracts.problem import Fault, ProblemType


@pytest.mark.parametrize("kind", problem.ALL, ids=lambda kind: kind.name)
def test_each_kind_has_its_members(kind: ProblemType) -> None:
    """Type, title, status, detail, and the old readers' `error` and `message`."""
    body = msgspec.to_builtins(kind.problem("what happened"))
    assert body == {
        "type": f"urn:tpcapital:problem:{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": "what happened",
        "error": kind.title,
        "message": "what happened",
    }


def test_every_kind_is_listed_once() -> None:
    """Clients branch on the type."""
    kinds = [value for value in vars(problem).values() if isinstance(value, ProblemType)]
    assert sorted(kinds) == sorted(problem.ALL)
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)


def test_faults_and_request_id_are_carried() -> None:
    """Where they are known."""
    fault = Fault(path="$.text", detail="is required")
    found = problem.INVALID.problem("x", faults=[fault], request_id="abc")
    assert (found.errors, found.request_id) == ([fault], "abc")


def test_a_broken_contract_names_path_and_reason() -> None:
    """Apart and as one text."""
    error = ContractError("$.text", "is required")
    assert (str(error), error.path, error.reason) == (
        "$.text: is required",
        "$.text",
        "is required",
    )
