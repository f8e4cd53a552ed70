"""What a row of the ledger keeps, and when it is written at all."""

import psycopg
from psycopg.rows import TupleRow

from ingest_api.ingest.delivery import PARSER_VERSION
from ingest_api.ingest.ledger import Recorded
from ingest_api.ingest.store import Store
from tests.ingest_api.messages import CHATTER, OTHER_SIGNAL, SIGNAL, delivery, tombstone

_PLACES = """
select 'message', ctid::text, xmin::text from tp_capital.messages
union all select 'text', ctid::text, xmin::text from tp_capital.message_revisions
union all select 'signal', ctid::text, xmin::text from tp_capital.tp_capital_signals
"""


def _rows(dsn: str, query: str) -> list[TupleRow]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


async def test_a_repetition_writes_no_row(database: str, store: Store) -> None:
    """A relay that sends a backlog again makes no work for the disk and for vacuum."""
    await store.record([delivery(1), delivery(2, CHATTER)])
    before = _rows(database, _PLACES)
    again = await store.record([delivery(1), delivery(2, CHATTER)])
    assert again == [Recorded("unchanged", stored=False, revision=1)] * 2
    assert _rows(database, _PLACES) == before


async def test_an_older_look_at_a_known_text_is_no_text_more(store: Store) -> None:
    """It only says that the text is older than was known."""
    await store.record([delivery(1, SIGNAL, edited=60), delivery(1, CHATTER, edited=120)])
    (told,) = await store.record([delivery(1, SIGNAL)])
    assert told == Recorded("stale", stored=False, revision=2)


async def test_first_seen_is_when_the_message_itself_first_came(
    database: str, store: Store
) -> None:
    """A deletion that came before it is no sight of it; an edit comes after it."""
    await store.record([tombstone(1)])
    with psycopg.connect(database) as connection:
        connection.execute("update tp_capital.messages set first_seen_at = 'epoch'")
    await store.record([delivery(1)])
    asked = "select first_seen_at > now() - interval '1 minute', first_seen_at from"
    ((is_now, first),) = _rows(database, f"{asked} tp_capital.messages")
    assert is_now
    await store.record([delivery(1, OTHER_SIGNAL, edited=60)])
    assert _rows(database, f"{asked} tp_capital.messages")[0][1] == first


async def test_an_edit_is_read_by_the_present_parser(database: str, store: Store) -> None:
    """What an older one had read says nothing about the new text."""
    await store.record([delivery(1)])
    with psycopg.connect(database) as connection:
        connection.execute("update tp_capital.messages set parser_version = -1")
    await store.record([delivery(1, CHATTER, edited=60)])
    asked = "select parser_version, kind from tp_capital.messages"
    assert _rows(database, asked) == [(PARSER_VERSION, "not_a_signal")]
