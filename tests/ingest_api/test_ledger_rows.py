"""What a row of the ledger keeps, and when it is written at all."""

import psycopg
from psycopg.rows import TupleRow

from ingest_api.ingest.delivery import PARSER_VERSION
from ingest_api.ingest.ledger import Recorded
from ingest_api.ingest.store import Store
from tests.ingest_api.messages import CHATTER, OTHER_SIGNAL, SENT_AT, SIGNAL, delivery, tombstone

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


async def test_a_deletion_again_writes_no_row(database: str, store: Store) -> None:
    """Nor one that was noticed later; the first is what counts."""
    await store.record([delivery(1), tombstone(1, deleted=600)])
    before = _rows(database, _PLACES)
    await store.record([tombstone(1, deleted=600)])
    await store.record([tombstone(1, deleted=900)])
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


async def test_an_old_signal_again_writes_no_row(database: str, store: Store) -> None:
    """The one that is withdrawn is the same already."""
    await store.record([delivery(1), delivery(1, CHATTER, edited=60)])
    before = _rows(database, _PLACES)
    await store.record([delivery(1)])
    assert _rows(database, _PLACES) == before


async def test_what_an_edit_makes_a_signal_has_the_message_s_time(
    database: str, store: Store
) -> None:
    """`ts` is when it was sent, in milliseconds, as for a signal from the first."""
    await store.record([delivery(1, CHATTER)])
    await store.record([delivery(1, SIGNAL, edited=60)])
    asked = "select ts from tp_capital.tp_capital_signals"
    assert _rows(database, asked) == [(int(SENT_AT.timestamp()) * 1000,)]


async def test_a_signal_whose_message_was_taken_out_stays_one(database: str, store: Store) -> None:
    """An operator took the message out of the ledger, and it is delivered again."""
    await store.record([delivery(1)])
    with psycopg.connect(database) as connection:
        connection.execute("delete from tp_capital.message_revisions")
        connection.execute("delete from tp_capital.messages")
    (told,) = await store.record([delivery(1)])
    assert told == Recorded("created", stored=True, revision=1)
    assert _rows(database, "select count(*) from tp_capital.tp_capital_signals") == [(1,)]
