"""Runs the tests against each broken statement, on one PostgreSQL server for all of them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.mutants.mutant import Mutant, Verdict
from tests.mutants.statement_mutation import mutations
from tests.mutants.target import Target
from tests.postgres import databases

TIMEOUT_SECONDS = 120
_FIND = "-- name: {name}\n"


def run_statements(folder: Path, target: Target, seconds: float) -> list[Mutant]:
    """Every fault of the target's statements. Raises RuntimeError when it takes too long."""
    found: list[Mutant] = []
    path = folder / target.files[0]
    text = path.read_text(encoding="utf-8")
    planned = list(_planned(text, target))
    end = time.monotonic() + seconds
    with databases() as server:
        environ = os.environ | {"TEST_DATABASE_URL": server.dsn, "PYTHONPATH": str(folder)}
        if _tested(folder, target, environ) != "survived":
            raise RuntimeError(f"{' '.join(target.tests)}: they fail without any fault")
        for name, change, broken in planned:
            if time.monotonic() > end:
                raise RuntimeError(f"{len(found)} of {len(planned)} done: raise --minutes")
            path.write_text(broken, encoding="utf-8")
            mutant = Mutant(f"{target.files[0]} {name}", change, _tested(folder, target, environ))
            found.append(mutant)
            print(f"{len(found)}/{len(planned)} {mutant.verdict}: {name} | {change}", flush=True)
    return found


def _planned(text: str, target: Target) -> Iterator[tuple[str, str, str]]:
    """Name, change, and the whole file with that one fault."""
    for name in target.statements:
        heading = text.index(_FIND.format(name=name))
        begin = text.index("\n", heading)
        end = text.find("\n-- name: ", begin)
        end = end if end >= 0 else len(text)
        lines = text[begin:end].split("\n")
        while lines and (not lines[0] or lines[0].startswith("--")):
            begin += len(lines.pop(0)) + 1  # the purpose stays
        for change, broken in mutations(text[begin:end]):
            yield name, change, text[:begin] + broken + text[end:]


def _tested(folder: Path, target: Target, environ: dict[str, str]) -> Verdict:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *target.tests]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"pytest ended with {done.returncode}: {' '.join(command)} in {folder}")
    return "killed" if done.returncode else "survived"
