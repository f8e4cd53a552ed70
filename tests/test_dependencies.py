"""The page of dependencies names what pyproject.toml asks for, each with a reason."""

import re
import tomllib

from packaging.requirements import Requirement

from ops.reference_docs import ROOT

_PAGE = ROOT / "docs" / "explanation" / "dependencies.md"
_SECTIONS = {
    "Both services": "",
    "Gateway": "gateway",
    "Ingest API": "api",
    "Demo and tests": "embedded",
    "Development": "dev",
}


def test_the_page_is_what_is_asked_for() -> None:
    """Section by section, in any order; each has a sentence."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {"": project["dependencies"], **project["optional-dependencies"]}
    text = _PAGE.read_text(encoding="utf-8")
    shown = dict(re.findall(r"^## ([\w ]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert {_SECTIONS[title]: _named(rows) for title, rows in shown.items()} == {
        name: sorted(Requirement(each).name for each in requirements)
        for name, requirements in asked.items()
    }


def _named(rows: str) -> list[str]:
    found = re.findall(r"^\| ([\w-]+) \| (.*?) \|", rows, re.MULTILINE)
    assert all(len(reason) > 10 for name, reason in found if name != "package"), found
    return sorted(name for name, _ in found if name != "package")


def test_the_counts_are_the_locks() -> None:
    """How many packages a host and an image get."""
    text = _PAGE.read_text(encoding="utf-8")
    for name, words in (
        ("gateway", "packages for the gateway's host"),
        ("api", "in the API's image"),
    ):
        lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        count = len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE))
        assert f"{count} {words}" in text, (name, count)
