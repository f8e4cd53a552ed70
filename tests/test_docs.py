"""Pages that cannot rot: tables equal what the code gives, links lead somewhere."""

import re
from pathlib import Path

import pytest

from ops import reference_docs
from ops.reference_docs import BLOCK, PAGES, ROOT, TABLES

LINKED = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(rf"{FENCED.pattern}|`[^`\n]*`", FENCED.flags)
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("name", TABLES)
def test_a_generated_table_equals_what_the_code_gives(name: str) -> None:
    """A page that differs from the code fails here; `just docs` writes it anew."""
    page = next(page for page in PAGES.glob("*.md") if f"<!-- generated:{name} -->" in _text(page))
    held = next(block[3] for block in BLOCK.finditer(_text(page)) if block[2] == name)
    assert held == f"\n{TABLES[name]()}\n", f"{page.name} differs; run `just docs`"


def test_each_table_stands_on_one_page() -> None:
    """No generator without a page, no page with a table that nobody generates."""
    found = [block[2] for page in PAGES.glob("*.md") for block in BLOCK.finditer(_text(page))]
    assert sorted(found) == sorted(TABLES)


def test_every_recipe_says_what_it_does() -> None:
    """`./justw` alone explains itself."""
    rows = reference_docs.recipes().splitlines()[2:]
    assert [row for row in rows if row.endswith("|  |")] == []


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_project_resolve(page: Path) -> None:
    """Each relative link names a file that is there, each fragment a heading in it."""
    targets = [link for link in LINK.findall(CODE.sub("", _text(page))) if "://" not in link]
    assert [link for link in targets if not _resolves(page, link)] == []


def _resolves(page: Path, link: str) -> bool:
    name, _, fragment = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not (target.is_relative_to(ROOT) and target.exists()):
        return False
    return not fragment or fragment in _anchors(_text(target))


def _anchors(text: str) -> set[str]:
    """The fragments that a forge gives to the headings of a page."""
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(FENCED, "", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")
