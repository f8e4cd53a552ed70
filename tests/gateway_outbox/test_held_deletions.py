"""Deletions that an operator decides about."""

from datetime import UTC, datetime

import msgspec

from contracts.message import Message
from gateway_outbox.outbox.held_deletions import apply_held, dismiss_held, held_rows
from gateway_outbox.outbox.outbox import Outbox
from tests.messages import CHANNEL, SENT, message, messages


async def held(outbox: Outbox) -> list[int]:
    """The message ids whose deletion is held."""
    return [row[0] for row in await outbox.read("held_of_channel", (CHANNEL,))]


async def tombstones(outbox: Outbox) -> list[Message]:
    """The pending tombstones of the channel."""
    rows = await outbox.pending_rows(CHANNEL, 100, 1_000_000)
    found = [msgspec.json.decode(row.payload, type=Message) for row in rows]
    return [each for each in found if each.deleted_at]


async def test_applying_appends_tombstones_and_holds_nothing_more(outbox: Outbox) -> None:
    """The send time of a message that is still here is kept; of others only the deletion's."""
    await outbox.append([message(1), message(2)], "user")
    await outbox.append([], "user", held_rows(CHANNEL, [1, 2, 9]))
    before = datetime.now(UTC)
    assert await apply_held(outbox, CHANNEL) == 3
    found = await tombstones(outbox)
    assert [each.message_id for each in found] == [1, 2, 9]
    assert [each.text for each in found] == ["", "", ""]
    assert found[0].timestamp == message(1).timestamp
    assert found[0].timestamp > SENT
    assert all(each.deleted_at and each.deleted_at <= before for each in found)
    assert found[2].timestamp == found[2].deleted_at
    assert await held(outbox) == []
    assert await apply_held(outbox, CHANNEL) == 0


async def test_another_channel_s_deletions_stay(outbox: Outbox) -> None:
    """An operator decides about one channel at a time."""
    await outbox.append([], "user", [*held_rows(CHANNEL, [1]), *held_rows(-1009, [1])])
    assert await apply_held(outbox, -1009) == 1
    assert await held(outbox) == [1]


async def test_dismissing_keeps_the_messages(outbox: Outbox) -> None:
    """No tombstone; nothing is held any more."""
    await outbox.append(messages(3), "user", held_rows(CHANNEL, [1, 2, 3]))
    assert await dismiss_held(outbox, CHANNEL) == 3
    assert (await tombstones(outbox), await held(outbox)) == ([], [])
    assert await dismiss_held(outbox, CHANNEL) == 0


async def test_a_deletion_is_held_once(outbox: Outbox) -> None:
    """Noticed again it changes nothing."""
    await outbox.append([], "user", held_rows(CHANNEL, [5]))
    first = await outbox.read("held_of_channel", (CHANNEL,))
    await outbox.append([], "user", held_rows(CHANNEL, [5]))
    assert await outbox.read("held_of_channel", (CHANNEL,)) == first
    assert held_rows(CHANNEL, []) == []
