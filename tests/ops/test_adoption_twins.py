"""Signals adopted without their message, whose message comes after all."""

from datetime import timedelta
from typing import Any

import anyio
import msgspec
import pytest

from contracts.message import Message
from ingest_api.delivery import Delivery
from ops.adopted_messages import record
from ops.adoption import connected
from ops.db import database_settings
from tests.ops import old_databases as old
from tests.ops.old_shapes import WORKING
from tests.ops.test_adopt import adopted, rows, state

Row = tuple[Any, ...]

ORPHANS = """
select channel_id, message_id, sent_at, text, ingested_at, created_at, s.source
  from tp_capital.messages m
  join tp_capital.tp_capital_signals s using (channel_id, message_id, sent_at)
 where message_id < 0
 order by message_id desc limit 2
"""
SIGNALS = "select message_id, status from tp_capital.tp_capital_signals where message_id "
TIMES = "select ingested_at, created_at, source from tp_capital.tp_capital_signals where message_id"


@pytest.fixture
def orphans(empty_database: str) -> list[Row]:
    """Two signals without messages, of an adoption that is done."""
    old.build(empty_database, WORKING)
    assert adopted(dsn=empty_database)["twins"] == 0
    return rows(empty_database, ORPHANS)


def message_of(orphan: Row, number: int) -> Message:
    """The message that a signal was of, as an import or a backfill brings it."""
    channel_id, _made_up, sent_at, text, *_times = orphan
    return Message(channel_id=channel_id, message_id=number, timestamp=sent_at, text=text)


def bring(dsn: str, messages: list[Message]) -> None:
    """Deliver messages, each in the way of the API."""

    async def deliver() -> None:
        async with connected(database_settings(dsn)) as connection, connection.transaction():
            await record(connection, [Delivery.of(each) for each in messages])

    anyio.run(deliver)


def test_a_message_that_comes_later_takes_its_signal_over(
    empty_database: str, orphans: list[Row]
) -> None:
    """No signal stands there twice; its times are the old ones, and a third run changes nothing."""
    first, second = orphans
    one_of_two = message_of(second, 900_002)
    bring(
        empty_database,
        [
            message_of(first, 900_001),
            one_of_two,
            msgspec.structs.replace(one_of_two, message_id=900_003),
        ],
    )
    report = adopted(dsn=empty_database)
    assert (report["twins"], report["accounted"]) == (1, True)
    assert rows(empty_database, SIGNALS + "= 900001") == [(900_001, "active")]
    ((ingested_at, *others),) = rows(empty_database, TIMES + " = 900001")
    assert timedelta(0) <= ingested_at - first[4] < timedelta(milliseconds=1)
    assert others == list(first[5:])
    standing = dict(rows(empty_database, SIGNALS + "< 0"))
    assert standing[first[1]] == "withdrawn"
    assert standing[second[1]] == "active", "of two messages that fit neither is taken"
    before = state(empty_database)
    assert adopted(dsn=empty_database)["twins"] == 0
    assert state(empty_database) == before
