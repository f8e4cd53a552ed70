"""The run of mutmut on a project of one function: noticed, not noticed, and not tried.

The clean run of the tests waits for ever where the last is asked, so that time is up for sure.
"""

from pathlib import Path

import pytest

from tests.mutants.mutant import alive, untried
from tests.mutants.target import Target
from tests.mutants.workshop import Limit, run_mutmut

CODE = "def price(number: int) -> int:\n    return number * 2 if number > 0 else 0\n"
TESTED = (
    "from contracts.price import price\n\ndef test_price() -> None:\n    assert price(3) == 6\n"
)
FOR_EVER = "import threading\n\ndef test_price() -> None:\n    threading.Event().wait()\n"
TARGET = Target(files=("contracts/price.py",), tests=("tests/test_price.py",))


def project(folder: Path, test: str) -> Path:
    """The folders that a run copies, with one function and its test."""
    for name in ("contracts", "gateway_outbox", "ingest_api", "ops", "tests", "docs"):
        (folder / name).mkdir()
    (folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    (folder / "contracts/__init__.py").touch()  # before the installed one
    (folder / "contracts/price.py").write_text(CODE)
    (folder / TARGET.tests[0]).write_text(test)
    return folder


def test_a_fault_that_no_test_notices_is_told(tmp_path: Path) -> None:
    """The factor is noticed; that zero is no price, or that one is, nobody asks."""
    found = run_mutmut(project(tmp_path, TESTED), TARGET, Limit(120, 2))
    changed = "return number * 2 if number > 0 else 0 -> return number * 2 if number"
    assert {each.change for each in alive(found)} >= {
        f"{changed} >= 0 else 0",
        f"{changed} > 1 else 0",
    }
    assert {each.verdict for each in found} == {"killed", "survived"}
    assert untried(found) == []


@pytest.mark.long
def test_a_run_without_enough_time_tells_what_it_did_not_try(tmp_path: Path) -> None:
    """Nothing of it counts as noticed."""
    found = run_mutmut(project(tmp_path, FOR_EVER), TARGET, Limit(30, 1))
    assert found
    assert untried(found) == found
