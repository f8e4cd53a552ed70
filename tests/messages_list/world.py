"""A folder with files of every kind that commands read, whole and broken, and nothing else."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from tests.gateway_outbox.session_files import write_session
from tests.messages import messages
from tests.ops.conftest import fill

_TEXTS = {
    "file": "words\n",
    "empty": "",
    "moved/move.json": "{",
    "keys": "# a key a line\nage1x\n",
    "old.env": "TELEGRAM_API_ID=1\nexport X='y\n",
    "export.json": '{"messages": [{}]}',
    "queue.jsonl": '{"channelId": 1}\nnull\n',
    "channels.toml": "version = 1\n",
    "mistyped.toml": "version = 1\n[[channel]]\nid = 'x'\n",
    "torn.toml": "version = \n",
    "newer.toml": "version = 9\n",
    "twins.toml": "version = 1\n[[channel]]\nid = -1001\n[[channel]]\nid = -1001\n",
}
_OURS = ("PG", "TIMESCALEDB_", "TELEGRAM_", "OUTBOX_", "COMPOSE_", "RETAIN_", "BACKUP_", "SESSION_")


def make(place: Path) -> None:
    """Fill the folder."""
    for name in ("folder", "backups", "moved"):
        (place / name).mkdir(parents=True)
    for name, text in _TEXTS.items():
        (place / name).write_text(text, encoding="utf-8")
    (place / "noise").write_bytes(bytes(range(256)) * 8)
    (place / "loop").symlink_to("loop")
    write_session(place / "session/gateway.session")
    write_session(place / "open/gateway.session")
    (place / "open/gateway.session").chmod(0o644)
    write_session(place / "torn.session", entities=3000)
    with (place / "torn.session").open("r+b") as file:  # a page in the middle
        file.seek(8 * 4096)
        file.write(b"\xff" * 4096)
    write_session(place / "keyless.session", key=b"")
    write_session(place / "later.session", version=99)
    with closing(sqlite3.connect(place / "other.sqlite3")) as connection:
        connection.execute("CREATE TABLE t (x)")
    anyio.run(fill, place / "outbox.sqlite3", messages(5, channels=2), [])
    for name in ("newer.sqlite3", "unsound.sqlite3"):
        shutil.copy(place / "outbox.sqlite3", place / name)
    with closing(sqlite3.connect(place / "newer.sqlite3")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with closing(sqlite3.connect(place / "unsound.sqlite3")) as connection, connection:
        connection.execute("DROP TRIGGER outbox_keeps_content")
        connection.execute("UPDATE outbox SET payload = x'00' WHERE seq = 3")


def enter(place: Path, patch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """Go there; returns an environment with no program and no database of this machine."""
    patch.chdir(place)
    for name in list(os.environ):
        if name.startswith(_OURS):
            patch.delenv(name)
    return {
        "PATH": str(place / "folder"),
        "HOME": str(place),
        "PGHOST": "127.0.0.1",
        "PGPORT": "1",
        "PGCONNECT_TIMEOUT": "2",
        "COMPOSE_FILE": str(place / "none.yaml"),
    }
