"""The gateway's own account of its outbox, and the same numbers in the database."""

import sqlite3
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path

import orjson
import psycopg

from tests.pipeline.account import IDENTITY
from tests.soak.findings import Findings
from tests.soak.told import Book

_STATES = "SELECT state, count(*) FROM outbox WHERE state != 'delivered' GROUP BY state"
_ASIDE = "SELECT (SELECT count(*) FROM undecoded), (SELECT count(*) FROM held_deletion)"
_MESSAGES = "SELECT count(*) FROM (SELECT DISTINCT channel_id, message_id FROM outbox)"
_TEXTS = """
SELECT count(*) FROM (
  SELECT DISTINCT channel_id, message_id, text_sha256 FROM outbox WHERE revision >= 0)
"""
_TWICE = """
SELECT count(*) FROM (
  SELECT 1 FROM outbox WHERE revision < 0 GROUP BY channel_id, message_id HAVING count(*) > 1)
"""
_BY_BOT = """
SELECT channel_id, cast(payload AS TEXT) FROM outbox WHERE source = 'bot' ORDER BY channel_id, seq
"""
_STORED = """
select (select count(*) from tp_capital.messages),
       (select count(*) from tp_capital.message_revisions),
       (select count(*) from (select 1 from tp_capital.tp_capital_signals
                               group by channel_id, message_id having count(*) > 1) twice)
"""


def audit(outbox: Path, dsn: str, book: Book, findings: Findings) -> None:
    """The outbox adds up, all of it is delivered, and the database holds as much."""
    with closing(sqlite3.connect(f"{outbox.as_uri()}?mode=ro", uri=True)) as reader:
        _audit_outbox(reader, findings)
        _audit_database(reader, dsn, findings)
        _audit_order(reader, book, findings)


def _number(reader: sqlite3.Connection, question: str) -> int:
    return int(reader.execute(question).fetchone()[0])


def _audit_outbox(reader: sqlite3.Connection, findings: Findings) -> None:
    if not _number(reader, IDENTITY):
        findings.note("unaccounted", "appended is not rows and purged")
    for state, count in reader.execute(_STATES):
        findings.note("unaccounted", f"{count} rows are {state}", count)
    undecoded, held = reader.execute(_ASIDE).fetchone()
    findings.note("unaccounted", f"{undecoded} updates undecoded", undecoded)
    findings.note("unaccounted", f"{held} deletions held", held)
    twice = _number(reader, _TWICE)
    findings.note("duplicated", f"{twice} deletions are in the outbox twice", twice)


def _audit_database(reader: sqlite3.Connection, dsn: str, findings: Findings) -> None:
    with psycopg.connect(dsn) as connection:
        messages, texts, twice = connection.execute(_STORED).fetchone() or (0, 0, 0)
    findings.note("duplicated", f"{twice} signals are in the database twice", twice)
    for what, stored, question in (("messages", messages, _MESSAGES), ("texts", texts, _TEXTS)):
        sent = _number(reader, question)
        words = f"{sent} {what} in the outbox, {stored} in the database"
        findings.note("unaccounted", words, abs(sent - stored))


def _audit_order(reader: sqlite3.Connection, book: Book, findings: Findings) -> None:
    """What only the bot sees comes in one order, and each text once."""
    for channel, rows in groupby(reader.execute(_BY_BOT), key=lambda row: int(row[0])):
        if channel not in book.bot_log:
            continue
        texts = [str(orjson.loads(row[1])["text"]) for row in rows]
        findings.note("duplicated", f"texts of {channel}", len(texts) - len(set(texts)))
        places = {text: place for place, text in enumerate(book.bot_log[channel])}
        order = [places.get(text, -1) for text in texts]
        wrong = sum(later < earlier for earlier, later in pairwise(order))
        findings.note("out of order", f"updates of {channel} in the outbox", wrong)
