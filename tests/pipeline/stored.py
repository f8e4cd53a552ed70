"""What the database holds, in the shape in which the reference foretells it."""

from collections.abc import Collection

import psycopg

from contracts.message import Key
from tests.pipeline.reference import SignalShown, Standing

_MESSAGES = """
select channel_id, message_id, text, edited_at, revision, deleted_at,
       (select array_agg(text) from tp_capital.message_revisions r
         where (r.channel_id, r.message_id) = (m.channel_id, m.message_id))
  from tp_capital.messages m
 where channel_id = any(%s)
"""
_SIGNALS = """
select channel_id, message_id, status, revision, raw_message, asset, direction, signal_type,
       buy_min, buy_max, target_1, target_2, target_final, stop, targets, valid_until
  from tp_capital.tp_capital_signals
 where channel_id = any(%s)
"""


def stored(dsn: str, channels: Collection[int]) -> dict[Key, Standing]:
    """Every message of these channels. Raises AssertionError for a row that is there twice."""
    with psycopg.connect(dsn) as connection:
        # one moment for both questions, also while messages come
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        messages = connection.execute(_MESSAGES, [list(channels)]).fetchall()
        signals = connection.execute(_SIGNALS, [list(channels)]).fetchall()
    shown = {
        Key(*row[:2]): SignalShown._make([*row[2:14], tuple(row[14]), row[15]]) for row in signals
    }
    found = {
        Key(*row[:2]): Standing._make(
            [*row[2:5], frozenset(row[6] or ()), shown.pop(Key(*row[:2]), None), row[5]]
        )
        for row in messages
    }
    assert not shown, f"signals without a message: {shown}"
    assert (len(found), len(messages)) == (len(messages), len(found))
    assert len({row[:2] for row in signals}) == len(signals)
    return found


def channels_of(dsn: str) -> set[int]:
    """Every channel that the database knows."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select distinct channel_id from tp_capital.messages")
        return {row[0] for row in rows}
