"""How Sphinx makes a site of these pages: `just site`.

The pages are plain Markdown whose links lead to files, so a forge shows them as they are. What the
site has beside them is its table of contents, and that is made of the links of the pages that list
others: docs/README.md, and the lists of decisions and runbooks.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
MAP = "docs/README"
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)\.md\)")
INDEX = '<!doctype html><meta http-equiv="refresh" content="0; url=README.html"><title>…</title>\n'

project = "TP Capital"
author = "the maintainers of TP Capital"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/**"]
nitpicky = True
smartquotes = False  # two dashes begin an option
myst_heading_anchors = 4  # the fragments that a forge gives to headings
html_theme = "furo"
html_title = "TP Capital"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False


def contents(page: str) -> Iterator[tuple[str, list[str]]]:
    """The parts of a page that lists others: heading and pages; the first is before any heading."""
    folder = PurePosixPath(page).parent
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    for part in re.split(r"^## ", text, flags=re.MULTILINE):
        links = (normpath(folder / link) for link in LINK.findall(part))
        yield part.partition("\n")[0], list(dict.fromkeys(links))


def add_contents(_: Sphinx, page: str, source: list[str]) -> None:
    """Append the hidden tables of contents to the text of a page that lists others."""
    if page == "README":
        source[0] += _tree("", [MAP])
        source[0] += "".join(_tree(head, pages) for head, pages in list(contents(MAP))[1:])
    elif page.endswith("/README") and page != MAP and page.startswith("docs/"):
        folder = page.removesuffix("README")
        pages = [each for _, part in contents(page) for each in part if each.startswith(folder)]
        source[0] += _tree("", pages)


def _tree(caption: str, pages: list[str]) -> str:
    if not pages:
        return ""
    lines = [":hidden:", *([f":caption: {caption}"] if caption else []), ""]
    return "\n".join(["", "```{toctree}", *lines, *(f"/{page}" for page in pages), "```", ""])


def add_index(app: Sphinx, error: Exception | None) -> None:
    """A site begins at index.html; this one's first page is the project's own README."""
    if error is None:
        (Path(app.outdir) / "index.html").write_text(INDEX, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """What Sphinx calls before it reads the pages."""
    app.connect("source-read", add_contents)
    app.connect("build-finished", add_index)
