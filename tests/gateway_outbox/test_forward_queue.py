"""What is queued for the destination, and what goes next."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.message import Message, Origin
from contracts.secret import Token
from gateway_outbox.channels_file import Channels
from gateway_outbox.forward.forward_queue import ForwardQueue, Waiting, is_copy, next_group
from gateway_outbox.outbox.held_deletions import tombstone
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.settings import Settings
from tests.messages import CHANNEL, TOKEN, message

DESTINATION = -1005


def fresh(number: int, **fields: Any) -> Message:
    """A message that was sent just now."""
    return replace(message(number), timestamp=datetime.now(UTC), **fields)


@pytest.fixture
def queue(outbox: Outbox, tmp_path: Path) -> ForwardQueue:
    """A queue with a destination."""
    file = tmp_path / "channels.toml"
    file.write_text(f'version = 1\n[[channel]]\nid = {DESTINATION}\nrole = "destination"\n')
    return ForwardQueue(
        outbox, Channels(Settings(api_secret_token=Token(TOKEN), channels_file=file))
    )


async def receive(outbox: Outbox, queue: ForwardQueue, *batch: Message) -> list[int]:
    """Append as a live source does; returns the ids that wait now."""
    await outbox.append(batch, "user", queue.queue_rows(batch))
    return [row.message_id for row in await queue.waiting()]


async def test_a_new_message_is_queued_once(outbox: Outbox, queue: ForwardQueue) -> None:
    """Not again by another source, by an edit, by its deletion, nor after it was forwarded."""
    assert await receive(outbox, queue, fresh(1)) == [1]
    again = fresh(1)
    edit = replace(again, edited_at=again.timestamp + timedelta(seconds=9), text="x")
    assert await receive(outbox, queue, again, edit) == [1]
    assert await receive(outbox, queue, tombstone(CHANNEL, 2, datetime.now(UTC))) == [1]
    await queue.settle(await queue.waiting(), "forwarded")
    assert await receive(outbox, queue, fresh(1), edit) == []
    await outbox.purge(0, 500)
    assert await queue.pending() == (0, 0.0)


async def test_what_a_reconciliation_folds_is_new_all_the_same(
    outbox: Outbox, queue: ForwardQueue
) -> None:
    """A message that was edited before we ever saw it."""
    new = fresh(1)
    assert await receive(outbox, queue, replace(new, edited_at=new.timestamp)) == [1]


async def test_what_is_older_than_the_forwarding_is_not_queued(
    outbox: Outbox, queue: ForwardQueue
) -> None:
    """An edit of last year's message; the mark stays over a restart and an outage."""
    old = replace(fresh(1), timestamp=datetime.now(UTC) - timedelta(minutes=5))
    assert await receive(outbox, queue, old) == []
    assert await receive(outbox, queue, fresh(2)) == [2]
    await outbox.write("mark", [(f"forward_since:{DESTINATION}", 0)])
    later = replace(old, message_id=3)
    assert await receive(outbox, queue, later) == [2, 3]


async def test_history_and_purged_messages_are_known(outbox: Outbox, queue: ForwardQueue) -> None:
    """First seen otherwise, or forgotten since: neither is new."""
    await outbox.append([fresh(1)], "import")
    assert await receive(outbox, queue, fresh(1)) == []
    await outbox.discard([1], "test")
    assert await outbox.purge(2**53, 500) == 1
    assert await receive(outbox, queue, fresh(1)) == []


async def test_the_destination_s_own_messages_are_not_queued(
    outbox: Outbox, queue: ForwardQueue, tmp_path: Path
) -> None:
    """By id, or by the name that its row has."""
    assert await receive(outbox, queue, fresh(1, channel_id=DESTINATION)) == []
    file = tmp_path / "channels.toml"
    file.write_text('version = 1\n[[channel]]\nname = "@Saida"\nrole = "destination"\n')
    queue._channels.reload()
    row = (-1006, 1, "Saida", "SAIDA", "tracked", "", None, 0, 0)
    await outbox.write("note_channel", [row])
    assert await receive(outbox, queue, fresh(1, channel_id=-1006)) == []
    assert await receive(outbox, queue, fresh(1)) == [1]


async def test_without_a_destination_nothing_is_queued(outbox: Outbox, channels: Channels) -> None:
    """Forwarding is off."""
    queue = ForwardQueue(outbox, channels)
    assert queue.destination is None
    assert queue.queue_rows([fresh(1)]) == []


async def test_a_number_is_drawn_once(outbox: Outbox, queue: ForwardQueue) -> None:
    """It is on disk before the request, and kept when that is repeated."""
    await receive(outbox, queue, fresh(1), fresh(2))
    numbers = await queue.begin(await queue.waiting())
    rows = await queue.waiting()
    assert [row.state for row in rows] == ["sending"] * 2
    assert [row.random_id for row in rows] == numbers
    assert len({0, None, *numbers}) == 4
    await queue.put_back(rows[:1])
    assert [row.state for row in await queue.waiting()] == ["pending", "sending"]
    assert await queue.begin(await queue.waiting()) == numbers
    await queue.settle(rows[:1], "refused", "gone")
    count, oldest = await queue.pending()
    assert (count, oldest < 60) == (1, True)
    found = await queue.original(rows[0])
    assert found is not None
    assert found.text == "mensagem 1"


def waiting(number: int, album: str | None = None, *, channel: int = 1, at: int = 0) -> Waiting:
    """A row that waits since `at` ms."""
    return Waiting(channel, number, album, None, "pending", at)


def test_a_channel_s_order_is_kept() -> None:
    """The lowest id first, of the channel that has waited longest."""
    rows = [waiting(3, at=0), waiting(9, channel=2, at=1), waiting(2, at=2)]
    assert next_group(rows, 10) == [rows[2]]
    assert next_group(rows[1:2], 10) == [rows[1]]
    assert next_group([], 10) == []


def test_an_album_goes_when_no_part_has_come_for_a_while() -> None:
    """Until then it holds up its own channel alone."""
    album = [waiting(2, "a", at=1000), waiting(1, "a", at=0)]
    other = waiting(7, channel=2, at=500)
    rows = [*album, waiting(3, at=0), waiting(4, "b", at=0)]
    assert next_group(rows, 2999) == []
    assert next_group([*rows, other], 2999) == [other]
    assert next_group(rows, 3000) == album[::-1]
    assert next_group(rows, 500) == album[::-1], "a clock that was set back delays nothing"


WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Message(channel_id=CHANNEL, message_id=5, text="a", timestamp=WRITTEN)


def copy(text: str = "a", **origin: Any) -> Message:
    """A message of the destination, forwarded from there."""
    return Message(
        channel_id=DESTINATION,
        message_id=99,
        text=text,
        timestamp=datetime.now(UTC),
        origin=Origin(**origin) if origin else None,
    )


@pytest.mark.parametrize(
    ("original", "found", "expected"),
    [
        (SOURCE, copy(channel_id=CHANNEL, message_id=5), True),
        (None, copy(channel_id=CHANNEL, message_id=5), True),
        (SOURCE, copy(channel_id=CHANNEL, message_id=6), False),
        (SOURCE, copy(), False),
        # a group's message: Telegram tells who wrote it and when
        (SOURCE, copy(timestamp=WRITTEN), True),
        (SOURCE, copy("b", timestamp=WRITTEN), False),
        (SOURCE, copy(timestamp=WRITTEN + timedelta(seconds=1)), False),
        # a copy already: its origin is the first author
        (
            replace(SOURCE, origin=Origin(channel_id=-9, message_id=2)),
            copy(channel_id=-9, message_id=2),
            True,
        ),
        (
            replace(SOURCE, origin=Origin(name="A", timestamp=SOURCE.timestamp)),
            copy(name="A"),
            False,
        ),
        (
            replace(SOURCE, origin=Origin(name="A", timestamp=WRITTEN - timedelta(days=1))),
            copy(name="A", timestamp=WRITTEN - timedelta(days=1)),
            True,
        ),
    ],
)
def test_a_copy_is_known(original: Message | None, found: Message, *, expected: bool) -> None:
    """By the post that it names, or by its writing time and text."""
    assert is_copy(original, waiting(5, channel=CHANNEL), found) is expected
