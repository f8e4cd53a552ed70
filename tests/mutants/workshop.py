"""A copy of the project in which files may be broken, and mutmut's run in it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.mutants.mutant import Mutant
from tests.mutants.target import Target

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("contracts", "gateway_outbox", "ingest_api", "ops", "tests", "docs")

# It leaves processes of its own unwaited for, which is an error by our rules.
_MUTMUTS_OWN = "default::pytest.PytestUnraisableExceptionWarning"


class Limit(NamedTuple):
    """How long a target may take, and how many mutants are tested at a time."""

    seconds: float
    children: int


@contextmanager
def workshop() -> Iterator[Path]:
    """The copy's folder, gone after the block."""
    with TemporaryDirectory(prefix="tpcapital-mutants-") as name:
        folder = Path(name)
        for part in _FOLDERS:
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(ROOT / "pyproject.toml", folder)
        yield folder


def run_mutmut(folder: Path, target: Target, limit: Limit) -> list[Mutant]:
    """Every mutant of the target's files, "not tried" when time was up; RuntimeError if it fails.

    The server that forks a process a mutant only imports the tests: a fork of a process that has
    run async tests inherits locks and threads that are not there any more.
    """
    options: dict[str, Any] = {
        "source_paths": [*_FOLDERS[:3]],
        "only_mutate": target.files,
        "also_copy": [*_FOLDERS[3:]],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-W", _MUTMUTS_OWN, *_left_out(target)],
        "pytest_add_cli_args_test_selection": target.tests,
        "process_isolation": "forkserver",
        "track_dependencies": False,
        "use_git_change_detection": False,
        "do_not_mutate_patterns": [r"\blog\.\w+\(", r"extra ?= ?", r"raise \w+Error"],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in options.items()]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["\n[tool.mutmut]", *lines, ""]))
    mutmut = Path(sys.executable).parent / "mutmut"
    command = [str(mutmut), "run", "--max-children", str(limit.children)]
    with subprocess.Popen(command, cwd=folder, start_new_session=True) as run:
        try:
            status = run.wait(limit.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)  # with those that it has forked
            return _told(folder)
    if status:
        raise RuntimeError(f"mutmut ended with {status}: what it says is above")
    return _told(folder)


def _left_out(target: Target) -> list[str]:
    return ["-k", f"not ({target.without})"] if target.without else []


def _told(folder: Path) -> list[Mutant]:
    reader = Path(__file__).parent / "mutmut_results.py"
    command = [sys.executable, str(reader)]
    environ = os.environ | {"PYTHONPATH": ""}
    told = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True, env=environ)
    found = [Mutant(*fields) for fields in json.loads(told.stdout)]
    if not found:
        raise RuntimeError("time was up before the first mutant was made: raise --minutes")
    return found
