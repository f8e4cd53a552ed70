"""Encrypted backups: nothing in plain but the manifest, and only the private key opens them."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from tests.gateway_outbox.session_files import key_of, write_session
from tests.ops.backup_site import Site, drop, store


class Key:
    """A key pair; the private one is in a file."""

    def __init__(self, folder: Path, name: str) -> None:
        identity = pyrage.x25519.Identity.generate()
        self.public = str(identity.to_public())
        self.secret = str(identity)
        self.file = folder / f"{name}.key"
        self.file.write_text(f"# made by a test\n{self.secret}\n", encoding="utf-8")


@pytest.fixture
def key(tmp_path: Path) -> Key:
    """The operator's key."""
    return Key(tmp_path, "ours")


def sealed(site: Site, *keys: Key) -> Path:
    """A backup for these keys."""
    options = [word for key in keys for word in ("--age-recipient", key.public)]
    return Path(site.document("backup", *options)["backup"])


def test_nothing_is_in_plain_but_the_manifest(site: Site, key: Key) -> None:
    """Every file is age's, mode 0600; the counts can be read without the key."""
    backup = sealed(site, key)
    manifest = json.loads((backup / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["recipients"] == [key.public]
    assert manifest["database"]["tables"]["messages"]["rows"] == 20
    assert sorted(manifest["files"]) == [
        "channels.toml.age",
        "database.dump.age",
        "outbox.sqlite3.age",
        "session/gateway.session.age",
    ]
    for path in (each for each in backup.rglob("*") if each.is_file()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        content = path.read_bytes()
        assert path.name == "manifest.json" or content.startswith(b"age-encryption.org/v1\n")
        assert b"k" * 256 not in content
        assert key.secret.encode() not in content


def test_an_encrypted_backup_is_restored(site: Site, key: Key, tmp_path: Path) -> None:
    """By either of two keys."""
    spare = Key(tmp_path, "spare")
    backup = sealed(site, key, spare)
    checked = site.document("restore", "--check", str(backup), "--age-identity", str(key.file))
    assert checked["rows"]["messages"] == 20
    site.session.unlink()
    site.channels.write_text("# later\n", encoding="utf-8")
    store(site.dsn, 100, 5)
    done = site.document("restore", str(backup), "--age-identity", str(spare.file))
    try:
        assert site.count() == 20
        assert key_of(site.session) == b"k" * 256
        assert stat.S_IMODE(site.session.stat().st_mode) == 0o600
        assert site.channels.read_text(encoding="utf-8") == "# ours\n"
    finally:
        drop(site, done["database_before"])


def test_the_wrong_key_and_none_change_nothing(site: Site, key: Key, tmp_path: Path) -> None:
    """Both are told; no secret is in what is said."""
    backup = sealed(site, key)
    other = Key(tmp_path, "other")
    without = site.run("restore", str(backup), "--no-database")
    assert (without.exit_code, "--age-identity FILE" in without.stderr) == (1, True)
    wrong = site.run("restore", str(backup), "--no-database", "--age-identity", str(other.file))
    assert (wrong.exit_code, "No matching keys" in wrong.stderr) == (1, True)
    assert other.secret not in wrong.output
    assert not list(site.outbox.parent.glob("restore-point-*"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("age1nonsense", "is no recipient"),
        (str(pyrage.x25519.Identity.generate()), "not the secret one"),
        ("ssh-ed25519 AAAA", "is no recipient"),
    ],
    ids=["nonsense", "a private key", "half an OpenSSH key"],
)
def test_what_is_no_recipient_is_refused(site: Site, text: str, said: str) -> None:
    """Before anything is made; a private key that was given by mistake is not repeated."""
    result = site.run("backup", "--age-recipient", text)
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert "AGE-SECRET-KEY-1" not in result.output
    assert not site.backups.exists()


def test_recipients_of_a_file_and_a_file_that_is_no_identity(
    site: Site, key: Key, tmp_path: Path
) -> None:
    """Comments and empty lines are passed over."""
    listed = tmp_path / "recipients.txt"
    listed.write_text(f"# of the safe\n\n{key.public}\n", encoding="utf-8")
    site.environ["BACKUP_AGE_RECIPIENTS_FILE"] = str(listed)
    found = site.document("backup", "--no-database")
    assert found["recipients"] == [key.public]
    result = site.run("restore", "--check", found["backup"], "--age-identity", str(listed))
    assert (result.exit_code, "holds no identity" in result.stderr) == (2, True)


def test_an_encrypted_file_that_was_changed_is_refused(site: Site, key: Key) -> None:
    """Even when the manifest was changed with it: age authenticates what it decrypts."""
    backup = Path(site.document("backup", "--no-database", "--age-recipient", key.public)["backup"])
    path = backup / "outbox.sqlite3.age"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    given = ("--no-database", "--age-identity", str(key.file))
    assert "does not match its SHA-256" in site.run("restore", str(backup), *given).stderr
    manifest = backup / "manifest.json"
    document = json.loads(manifest.read_text(encoding="utf-8"))
    document["files"][path.name]["sha256"] = hashlib.sha256(data).hexdigest()
    manifest.write_text(json.dumps(document), encoding="utf-8")
    result = site.run("restore", "--check", str(backup), *given)
    assert (result.exit_code, "it was changed" in result.stderr) == (1, True)


def test_what_a_killed_backup_left_goes_with_the_next(site: Site) -> None:
    """Its folder names the process; a backup that runs now keeps its own."""
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    left = site.backups / f".unfinished-{ended.stdout.strip()}"
    running = site.backups / f".unfinished-{os.getppid()}"
    for folder in (left, running):
        folder.mkdir(parents=True)
        write_session(folder / "session" / "gateway.session")
    site.document("backup", "--no-database")
    assert (left.exists(), running.exists()) == (False, True)


MEASURE = """
import resource, sys
from pathlib import Path
import pyrage
from ops.backup.backup_seal import seal, unseal
identity = pyrage.x25519.Identity.generate()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open("/dev/zero", "rb") as zeros, open(sys.argv[1], "wb") as target:
    class First:
        left = 64 << 20
        def read(self, size):
            got = zeros.read(min(size, self.left))
            self.left -= len(got)
            return got
    seal(First(), target, [identity.to_public()])
with open("/dev/null", "wb") as away:
    unseal(Path(sys.argv[1]), away, [identity])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_is_bounded(tmp_path: Path) -> None:
    """64 MiB there and back grow the process by less than 8 MiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "big.age")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 8 * 1024
