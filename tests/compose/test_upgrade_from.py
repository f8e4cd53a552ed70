"""An older version's outbox and database, taken over by this one: nothing of them is lost."""

import json
import os
import subprocess
from typing import Any

import pytest

from tests.compose.engine import ROOT
from tests.compose.fresh_machine import fresh_machine

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        "TPCAPITAL_UPGRADE_FROM" not in os.environ, reason="`just fresh-upgrade` runs it"
    ),
]

OLD, NEW = "old", "new"
# Two more messages that are still waiting in the outbox when the old version is left.
WAITING = """
cat > mine.json <<'END'
{"name": "Minha mesa", "type": "public_channel", "id": 1234567890, "messages": [
  {"id": 1, "type": "message", "date_unixtime": "1795532400", "from": "Mesa", "from_id": "channel1",
   "text": "Ativo: PETR4 Compra: 36,10 a 36,40 Alvo 1: 37,00 Stop: 35,50"},
  {"id": 2, "type": "message", "date_unixtime": "1795532460", "from": "Mesa", "from_id": "channel1",
   "text": "bom dia"}]}
END
.venv/bin/tpcapital import mine.json --outbox demo-data/outbox.sqlite3
"""
# Asks the files themselves, in words that any version answers.
WHAT_IS_THERE = """
import json, sqlite3
from pathlib import Path
import psycopg
from ops.embedded_postgres import EmbeddedPostgres

file = sqlite3.connect("file:demo-data/outbox.sqlite3?mode=ro", uri=True)
rows = file.execute("select seq, channel_id, message_id, state from outbox order by seq")
outbox = {f"{row[0]} {row[1]}/{row[2]}": row[3] for row in rows}
file.close()
with EmbeddedPostgres(Path("demo-data/postgres"), 4007) as server:
    with psycopg.connect(server.dsn) as connection:
        rows = connection.execute(
            "select channel_id, message_id, text from tp_capital.messages").fetchall()
        texts = connection.execute("select count(*) from tp_capital.message_revisions").fetchone()
        signals = connection.execute(
            "select channel_id, message_id, asset from tp_capital.tp_capital_signals").fetchall()
print(json.dumps({
    "outbox": outbox,
    "messages": {f"{row[0]}/{row[1]}": row[2] for row in rows},
    "revisions": texts[0],
    "signals": {f"{row[0]}/{row[1]}": row[2] for row in signals},
}))
"""


def revision_from() -> str:
    """The revision to begin with: the one that is named, else the first tag."""
    if named := os.environ["TPCAPITAL_UPGRADE_FROM"]:
        return named
    tags = subprocess.run(
        ["git", "tag", "--list", "v*", "--sort=version:refname"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    if not tags:
        pytest.fail(
            "there is no tag yet to upgrade from: name a revision, as in"
            " ./justw fresh-upgrade REVISION"
        )
    return tags[0]


def test_nothing_is_lost(engine: None) -> None:  # noqa: ARG001  # its skip
    """What the old version stored is there, what it had not delivered is delivered, once."""
    begin = revision_from()
    with fresh_machine(f"tpcapital-upgrade-{os.getpid()}") as machine:
        machine.clone(begin, OLD)
        machine.run("./justw demo --once", OLD)
        machine.run(WAITING, OLD)
        before = _facts(machine.python(WHAT_IS_THERE, OLD))
        states = before["outbox"].items()
        waiting = {key.split()[1] for key, state in states if state != "delivered"}
        assert len(waiting) == 2, waiting
        machine.clone("HEAD", NEW)
        machine.run(f"mv ../{OLD}/demo-data .", NEW)
        summary = json.loads(machine.run("./justw demo --once", NEW).splitlines()[-1])
        after = _facts(machine.python(WHAT_IS_THERE, NEW))
    assert (summary["pending"], summary["dead_letter"]) == (0, 0)
    assert before["outbox"].keys() <= after["outbox"].keys()
    assert set(after["outbox"].values()) == {"delivered"}
    for table in ("messages", "signals"):
        assert before[table].items() <= after[table].items(), table
    assert waiting <= after["messages"].keys()
    assert after["revisions"] == before["revisions"] + len(waiting)
    assert len(after["messages"]) == len(before["messages"]) + len(waiting)
    print(
        f"{begin} to HEAD: {len(before['messages'])} messages and {len(waiting)} that waited"
        f" became {len(after['messages'])}; {len(after['signals'])} signals"
    )


def _facts(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found
