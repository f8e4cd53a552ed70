"""What must be in an outbox after a crash: every acknowledged row, whole; and nothing broken."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from contracts import wire
from gateway_outbox.outbox import outbox_file
from tests.crash.scenario import GROUPS, PURGED, numbered

_PURGEABLE = sum(GROUPS[: PURGED + 1])


def noted(acked: Path) -> list[int]:
    """The messages that the scenario saw acknowledged. A torn last line was never noted whole."""
    if not acked.exists():
        return []
    lines = acked.read_text(encoding="ascii").split("\n")
    return [int(line) for line in lines[:-1]]


def faults(outbox: Path, acked: list[int]) -> list[str]:
    """What is wrong with an outbox that is opened again as the gateway would; nothing, at best."""
    if salvaged := outbox_file.prepare(outbox):
        return [f"the file was damaged, {salvaged} rows salvaged"]
    with closing(outbox_file.connect(outbox)) as connection:
        return [*_integrity(connection), *_rows(connection, acked)]


def _integrity(connection: sqlite3.Connection) -> list[str]:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    appended, purged = _counters(connection)
    (rows,) = connection.execute("SELECT count(*) FROM outbox").fetchone()
    if rows + purged != appended:
        found.append(f"{appended} appended, but {rows} rows and {purged} purged")
    return [fault for fault in found if fault != "ok"]


def _rows(connection: sqlite3.Connection, acked: list[int]) -> list[str]:
    """Every acknowledged row must be there and hold what was sent, unless it was purged."""
    found = dict(connection.execute("SELECT message_id, payload FROM outbox"))
    digests = dict(connection.execute("SELECT message_id, payload_sha256 FROM outbox"))
    gone = range(1, _PURGEABLE + 1) if _counters(connection)[1] == _PURGEABLE else range(0)
    lost = [number for number in acked if number not in found and number not in gone]
    changed = [
        number
        for number, payload in found.items()
        if hashlib.sha256(payload).digest() != digests[number]
        or wire.decode_message(payload).text != numbered(number).text
    ]
    return [f"lost {number}" for number in lost] + [f"changed {number}" for number in changed]


def _counters(connection: sqlite3.Connection) -> tuple[int, int]:
    counters = dict(connection.execute("SELECT name, value FROM counter"))
    return counters["appended"], counters["purged"]
