"""The locks fit pyproject.toml, and the check that says so has teeth."""

import shutil
import tomllib
from pathlib import Path

import pytest

from ops import locks


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the check reads, to be broken."""
    shutil.copytree(locks.ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(locks.ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first `old` in `path`, which must be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_locks_and_pyproject_agree() -> None:
    """The committed locks are those of the committed pyproject.toml."""
    assert locks.check(locks.ROOT) == []


def test_every_extra_and_group_is_in_the_development_lock() -> None:
    """What pyproject.toml offers is tested, so nothing of it may be missing from dev.txt."""
    project = tomllib.loads((locks.ROOT / "pyproject.toml").read_text())
    assert set(locks.WHOLE.extras or ()) == set(project["project"]["optional-dependencies"])
    assert set(locks.WHOLE.groups) == set(project["dependency-groups"])


def test_a_new_dependency_without_a_new_lock_is_found(project: Path) -> None:
    """Both the digest and the missing pin are told."""
    edit(project / "pyproject.toml", '"anyio>=4.16,<5",', '"anyio>=4.16,<5",\n    "httpx2>=2",')
    problems = "\n".join(locks.check(project))
    assert "requirements/api.txt was not made from this pyproject.toml" in problems
    assert "requirements/api.txt: httpx2>=2 is asked for, the lock has no such package" in problems


def test_a_pin_outside_its_range_is_found(project: Path) -> None:
    """A raised floor names the version that the lock still has."""
    edit(project / "pyproject.toml", '"anyio>=4.16,<5"', '"anyio>=4.999,<5"')
    assert any("anyio<5,>=4.999 is asked for" in problem for problem in locks.check(project))


def test_versions_that_differ_between_locks_are_found(project: Path) -> None:
    """What is tested is what is shipped."""
    edit(project / "requirements/api.txt", "\nh11==", "\nh11==9")
    assert any(problem.startswith("h11 differs: ") for problem in locks.check(project))


@pytest.mark.parametrize(
    ("lock", "package"),
    [("api", "telethon"), ("api", "aiogram"), ("gateway", "psycopg"), ("gateway", "asyncpg")],
)
def test_one_service_may_not_hold_the_others_world(project: Path, lock: str, package: str) -> None:
    """The API's lock holds no Telegram library, the gateway's no PostgreSQL driver."""
    path = project / f"requirements/{lock}.txt"
    path.write_text(path.read_text() + f"{package}==1.0 --hash=sha256:{'0' * 64}\n")
    expected = f"requirements/{lock}.txt holds {package}, which has no place there."
    assert expected in locks.check(project)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--find-links /somewhere",
        "thing @ file:///somewhere/thing.whl",
    ],
)
def test_an_address_in_a_lock_is_found(project: Path, line: str) -> None:
    """A lock works with whatever index the machine is set up for."""
    path = project / "requirements/dev.txt"
    path.write_text(path.read_text() + line + "\n")
    assert any("holds an address: " + line in problem for problem in locks.check(project))


def test_a_pin_without_hash_is_found(project: Path) -> None:
    """Each package is known by its content."""
    path = project / "requirements/dev.txt"
    path.write_text(path.read_text() + "thing==1.0\n")
    assert "requirements/dev.txt: thing==1.0 lacks a version or a hash." in locks.check(project)


def test_a_missing_lock_is_found(project: Path) -> None:
    """The sentence says which command makes it."""
    (project / "requirements/api.txt").unlink()
    assert "requirements/api.txt does not exist; run `just lock`." in locks.check(project)
