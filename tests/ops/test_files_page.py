"""The page of files says what an installation makes: each path with its mode and owner."""

import os
import re
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.install_layout import Layout
from ops.reference_docs import PAGES

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-sysusers") is None or os.geteuid() != 0,
    reason="needs root, and systemd-sysusers to make the user",
)


def test_the_page_says_what_an_installation_makes(tmp_path: Path) -> None:
    """Each named path has the mode and owner that it says; nothing is there that it leaves out."""
    root = tmp_path / "root"
    done = CliRunner().invoke(main, ["install", "--api", "--yes", "--root", str(root)])
    assert done.exit_code == 0, done.output
    service = Layout.of_machine(root, root / "opt").service_owner()
    assert service is not None
    owners = {0: "root", service.uid: "tp-capital"}
    named: set[Path] = set()
    for path, mode, owner in _rows():
        found = sorted(root.glob(path.lstrip("/")))
        assert found, path
        for each in (file for file in found if file.is_file() or "*" not in path):
            status = each.stat()
            said = (f"{stat.S_IMODE(status.st_mode):04o}", owners[status.st_uid])
            assert said == (mode, owner), each
        named.update(found)
    made = [*(root / "etc/tp-capital").rglob("*"), *(root / "var").rglob("tp-capital*")]
    units = list((root / "usr/local/lib/systemd/system").iterdir())
    assert {*made, *units} - named == set()


def _rows() -> list[tuple[str, str, str]]:
    text = (PAGES / "files.md").read_text(encoding="utf-8")
    section = text.split("## What an installation makes\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:3] == "| `"]
    return [(path, row[1], row[2]) for row in rows for path in re.findall(r"`([^`]+)`", row[0])]
