"""Runs the tests against each broken statement: a fork each, one PostgreSQL server for all."""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ingest_api.sql import QUERIES
from tests.mutants.mutant import Mutant, Verdict
from tests.mutants.statement_mutation import mutations
from tests.mutants.target import Target
from tests.postgres import databases

TIMEOUT_SECONDS = 240
_FORK = multiprocessing.get_context("fork")


def run_statements(target: Target, seconds: float) -> list[Mutant]:
    """Every fault of the target's statements, "not tried" when time was up.

    The tests must look the statements up in QUERIES when they run, and start no process that does.
    """
    found: list[Mutant] = []
    planned = list(_planned(target))
    end = time.monotonic() + seconds
    with databases() as server, TemporaryDirectory() as folder:
        os.environ["TEST_DATABASE_URL"] = server.dsn
        arguments = ["-x", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}/pytest"]
        arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # imported before the fork
        arguments += ["-k", f"not ({target.without})", *target.tests]
        _quietly([*arguments, "--collect-only"])  # imports once what every fork needs
        first = target.statements[0]
        if _tested(arguments, first, QUERIES[first]) != "survived":
            raise RuntimeError(f"{' '.join(target.tests)}: they fail without any fault")
        for name, change, broken in planned:
            late = time.monotonic() > end
            verdict = "not tried" if late else _tested(arguments, name, broken)
            found.append(Mutant(name, change, verdict))
            print(f"{len(found)}/{len(planned)} {found[-1].verdict}: {found[-1].key}", flush=True)
    return found


def _planned(target: Target) -> Iterator[tuple[str, str, str]]:
    """Name, change, and the statement with that one fault."""
    for name in target.statements:
        for change, broken in mutations(QUERIES[name]):
            yield name, change, broken


def _tested(arguments: list[str], name: str, statement: str) -> Verdict:
    child = _FORK.Process(target=_test_broken, args=(arguments, name, statement))
    child.start()
    child.join(TIMEOUT_SECONDS)
    if child.is_alive():
        child.kill()
        child.join()
        return "timeout"
    if child.exitcode not in {0, 1}:
        raise RuntimeError(f"pytest ended with {child.exitcode}: {' '.join(arguments)}")
    return "killed" if child.exitcode else "survived"


def _test_broken(arguments: list[str], name: str, statement: str) -> None:
    QUERIES[name] = statement
    sys.exit(_quietly(arguments))


def _quietly(arguments: list[str]) -> int:
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        return int(pytest.main(arguments))
