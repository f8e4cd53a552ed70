"""What the image's build writes about itself."""

import json
from importlib.metadata import distributions
from pathlib import Path

import pytest

from ops import image_papers

PROJECT = {"name": "tpcapital", "version": "1.2.3"}


def installed(site: Path, name: str, *fields: str) -> None:
    """A package as pip leaves it, as far as its metadata goes."""
    folder = site / f"{name}-2.0.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 2.0", *fields]
    (folder / "METADATA").write_text("\n".join(lines) + "\n")


def test_the_bill_lists_every_package_with_its_licence(tmp_path: Path) -> None:
    """In whichever of its forms a package states it."""
    installed(tmp_path, "New_Form", "License-Expression: MIT OR Apache-2.0")
    installed(tmp_path, "classified", "Classifier: License :: OSI Approved :: BSD License")
    installed(tmp_path, "plain", "License: LGPL-3.0-only")
    image_papers.write(tmp_path, PROJECT)
    (ours,) = [each for each in distributions(path=[str(tmp_path)]) if each.version == "1.2.3"]
    bill = json.loads(ours.read_text(image_papers.SBOM) or "")
    assert bill["metadata"]["component"]["purl"] == "pkg:pypi/tpcapital@1.2.3"
    assert {each["purl"]: each["licenses"][0] for each in bill["components"]} == {
        "pkg:pypi/new-form@2.0": {"expression": "MIT OR Apache-2.0"},
        "pkg:pypi/classified@2.0": {"license": {"name": "BSD License"}},
        "pkg:pypi/plain@2.0": {"license": {"name": "LGPL-3.0-only"}},
    }
    assert sorted(bill["dependencies"][0]["dependsOn"]) == bill["dependencies"][0]["dependsOn"]


def test_the_same_packages_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any time, in any order of installation."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    bills = []
    for place, names in (("one", ("a", "b")), ("two", ("b", "a"))):
        for name in names:
            installed(tmp_path / place, name)
        bills.append(image_papers.bill_of(tmp_path / place, PROJECT))
    assert bills[0] == bills[1]
    assert bills[0]["metadata"]["timestamp"] == "2026-01-01T00:00:00+00:00"
