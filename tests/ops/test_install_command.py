"""`tpcapital install` and `uninstall` into another machine's root: a plan, then always the same."""

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ops.cli import main

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-sysusers") is None or os.geteuid() != 0,
    reason="needs root, and systemd-sysusers to make the user",
)
UNITS = "usr/local/lib/systemd/system"
Install = Callable[..., dict[str, Any]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with nothing on it."""
    return tmp_path / "root"


def call(root: Path, *arguments: str) -> Result:
    """The command on that machine."""
    return CliRunner().invoke(main, [*arguments, "--root", str(root)])


def plan(root: Path, *arguments: str) -> dict[str, str]:
    """State by path, as the command shows it."""
    done = call(root, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return {step["path"]: step["state"] for step in json.loads(done.output)["steps"]}


def test_without_yes_it_only_shows_the_plan(root: Path) -> None:
    """Each step with what it is for; nothing is made."""
    shown = call(root, "install").output.splitlines()
    assert shown[0] == "what\twhich\tstate\twhy"
    assert "folder\t/var/lib/tp-capital-gateway\tto do\toutbox, session, channels" in shown
    assert not root.exists()


def test_with_yes_all_is_there_once_and_for_all(root: Path) -> None:
    """A second time finds nothing to do, and draws no other token."""
    assert set(plan(root, "install", "--yes").values()) == {"done"}
    credentials = root / "etc/tp-capital/credentials"
    token = (credentials / "api_secret_token").read_text(encoding="ascii")
    assert len(token.strip()) == 64
    assert (credentials / "gateway_secret_token").read_text(encoding="ascii") == token
    assert set(plan(root, "install", "--yes").values()) == {"done"}
    assert (credentials / "api_secret_token").read_text(encoding="ascii") == token
    modes = {
        str(path.relative_to(root)): stat.S_IMODE(path.stat().st_mode)
        for path in (root / "etc/tp-capital").rglob("*")
    }
    assert set(modes.values()) == {0o600, 0o700}
    state = (root / "var/lib/tp-capital-gateway").stat()
    assert (stat.S_IMODE(state.st_mode), state.st_uid > 0) == (0o700, True)


def test_an_edited_settings_file_stays_and_is_shown(root: Path) -> None:
    """A unit of an older program is replaced; what a person wrote is not."""
    call(root, "install", "--yes")
    settings = root / "etc/tp-capital/gateway.env"
    settings.write_text("LOG_LEVEL=debug\n", encoding="utf-8")
    unit = root / UNITS / "tp-capital-gateway.service"
    unit.write_text("[Service]\n", encoding="utf-8")
    before = plan(root, "install")
    assert before["/etc/tp-capital/gateway.env"] == "differs"
    assert before[f"/{UNITS}/tp-capital-gateway.service"] == "differs"
    assert "gateway.env\tdiffers, kept\t" in call(root, "install", "--yes").output
    assert settings.read_text(encoding="utf-8") == "LOG_LEVEL=debug\n"
    assert "Type=notify" in unit.read_text(encoding="utf-8")


def test_modes_are_mended(root: Path) -> None:
    """A secret that others can read, a state folder that others can enter."""
    call(root, "install", "--yes")
    (root / "etc/tp-capital/credentials/api_secret_token").chmod(0o644)
    (root / "var/lib/tp-capital-gateway").chmod(0o755)
    assert list(plan(root, "install").values()).count("differs") == 2
    assert set(plan(root, "install", "--yes").values()) == {"done"}


def test_a_token_that_is_there_is_taken_and_two_are_refused(root: Path) -> None:
    """An operator's own token gets its second name; which of two is right nobody can say."""
    credentials = root / "etc/tp-capital/credentials"
    credentials.mkdir(parents=True)
    theirs = "0123456789abcdef" * 4
    (credentials / "gateway_secret_token").write_text(theirs, encoding="ascii")
    call(root, "install", "--yes")
    assert (credentials / "api_secret_token").read_text(encoding="ascii").strip() == theirs
    (credentials / "api_secret_token").write_text("f" * 64, encoding="ascii")
    refused = call(root, "install", "--yes")
    assert refused.exit_code == 1
    assert "differ and must be equal" in refused.output
    assert "f" * 64 not in refused.output


def test_uninstall_keeps_data_unless_purged(root: Path) -> None:
    """Units go; settings, secrets and state only with --purge; backups and the user never."""
    call(root, "install", "--api", "--yes")
    outbox = root / "var/lib/tp-capital-gateway/outbox.sqlite3"
    outbox.write_bytes(b"rows")
    assert "to do" in plan(root, "uninstall").values()
    assert set(plan(root, "uninstall", "--yes").values()) == {"done"}
    assert list((root / UNITS).iterdir()) == []
    assert outbox.exists()
    assert (root / "etc/tp-capital/credentials/api_secret_token").exists()
    assert set(plan(root, "uninstall", "--purge", "--yes").values()) == {"done"}
    assert not outbox.parent.exists()
    assert not (root / "etc/tp-capital").exists()
    assert (root / "var/backups/tp-capital").exists()
    assert "tp-capital" in (root / "etc/passwd").read_text(encoding="utf-8")


def test_for_a_person_it_stays_at_home(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No user is made; units, settings, secrets and state are theirs."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert set(plan(root, "install", "--user", "--yes").values()) == {"done"}
    home = root / (tmp_path / "home").relative_to("/")
    unit = home / ".local/share/systemd/user/tp-capital-gateway.service"
    assert "WantedBy=default.target" in unit.read_text(encoding="utf-8")
    assert unit.with_name("tp-capital-backup.timer").exists()
    assert (home / ".local/state/tp-capital-backups").is_dir()
    assert (home / ".config/tp-capital/credentials/api_secret_token").exists()
    assert not (root / "etc").exists()


def test_a_program_in_a_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """ProtectHome= would hide it; the message says where it belongs."""
    monkeypatch.setattr("sys.prefix", "/home/ann/checkout/.venv")
    refused = CliRunner().invoke(main, ["install"])
    assert refused.exit_code == 1
    assert "/usr/bin/python3 -m venv /opt/tp-capital/.venv" in refused.output


def test_as_service_needs_an_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says which file is missing, and how it comes about."""
    monkeypatch.setenv("HOME", str(tmp_path))
    refused = CliRunner().invoke(main, ["as-service", "--user", "outbox", "status", "--json"])
    assert refused.exit_code == 1
    assert f"{tmp_path}/.config/tp-capital/gateway.env is not installed" in refused.output
