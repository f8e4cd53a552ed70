"""The documentation's site: it builds without a warning, and asks no other host for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ops.reference_docs import ROOT

# What a browser fetches by itself; a link that a person follows may lead anywhere.
FETCHED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"((?:https?:)?//[^\"]+)"
    r"|<link\b[^>]*\bhref=\"((?:https?:)?//[^\"]+)"
    r"|url\([\"']?((?:https?:)?//[^)]+)"
)


def build(builder: str, folder: Path) -> None:
    """Run Sphinx as `just site` does. A warning is an error."""
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet", "-c", "docs"]
    built = subprocess.run(
        [*command, "-b", builder, ".", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's folder."""
    folder = tmp_path_factory.mktemp("site")
    build("html", folder)
    return folder


def test_it_builds_without_a_warning(tmp_path: Path) -> None:
    """Links, headings, pictures and contents; writing the pages takes longer than all of it."""
    build("dummy", tmp_path)


@pytest.mark.long
def test_every_page_is_in_it_and_in_its_contents(site: Path) -> None:
    """Each Markdown file of the project is a page, and the first page's contents lead to it."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    names = {str(page.relative_to(ROOT).with_suffix(".html")) for page in pages}
    assert names == {str(page.relative_to(site)) for page in site.rglob("*.html")} - {
        *("index.html", "search.html", "genindex.html")
    }
    first = (site / "README.html").read_text(encoding="utf-8")
    sidebar = first[first.index("sidebar-tree") :]
    missing = {name for name in names if f'href="{name}"' not in sidebar}
    assert missing == {"README.html"}


@pytest.mark.long
def test_nothing_comes_from_another_host(site: Path) -> None:
    """No style, script, font or picture; the site can be read without a network."""
    files = [file for file in site.rglob("*") if file.suffix in (".html", ".css", ".svg")]
    found = {file.name: FETCHED.findall(file.read_text(encoding="utf-8")) for file in files}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.long
def test_it_begins_at_the_readme(site: Path) -> None:
    """Who opens the folder finds the first page."""
    assert "url=README.html" in (site / "index.html").read_text(encoding="utf-8")
