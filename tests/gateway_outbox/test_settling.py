"""Answers on their way into the outbox."""

import anyio

from contracts.message import Message
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox, Row, Settlement
from gateway_outbox.relay.relay import Relay
from gateway_outbox.relay.settling import ENOUGH_ROWS, MOST_ROWS, Settling
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.gateway_outbox.test_outbox import rows
from tests.messages import CHANNEL, messages
from tests.waiting import eventually


def hold(settling: Settling, first: int, count: int, channel: int = CHANNEL) -> None:
    """Rows of one channel, all created."""
    found = [Row(seq, channel, b"{}", 0, "replay") for seq in range(first, first + count)]
    settling.hold(found, [Settlement(row.seq, "delivered", outcome="created") for row in found])


async def test_a_lone_answer_is_due_at_once(outbox: Outbox) -> None:
    """With nothing in flight there is nothing to wait for."""
    settling = Settling(outbox)
    assert not settling.due(more_is_coming=False)
    hold(settling, 1, 1)
    assert settling.due(more_is_coming=False)
    assert not settling.due(more_is_coming=True)


async def test_enough_answers_are_due_while_more_are_coming(outbox: Outbox) -> None:
    """They go together, and there is an end to how many wait."""
    settling = Settling(outbox)
    hold(settling, 1, ENOUGH_ROWS - 1)
    assert not settling.due(more_is_coming=True)
    hold(settling, ENOUGH_ROWS, 1)
    assert settling.due(more_is_coming=True)
    assert settling.has_room
    hold(settling, ENOUGH_ROWS + 1, MOST_ROWS - ENOUGH_ROWS)
    assert not settling.has_room


async def test_answered_rows_are_not_read_again_before_they_are_settled(outbox: Outbox) -> None:
    """The channel's place is known until the commit, and forgotten with it."""
    await outbox.append(messages(10, channels=2), "replay")
    settling = Settling(outbox)
    hold(settling, 1, 1)
    assert (settling.after(CHANNEL), settling.after(CHANNEL - 1)) == (1, 0)
    found = await outbox.pending_rows(CHANNEL, 10, 1 << 20, settling.after(CHANNEL))
    assert [row.seq for row in found] == [3, 5, 7, 9]
    await settling.flush()
    assert (settling.after(CHANNEL), outbox.pending) == (0, 9)


async def test_an_answer_during_a_flush_keeps_its_place(outbox: Outbox) -> None:
    """What came while the transaction ran waits for the next one, and is not read meanwhile."""
    await outbox.append(messages(4), "replay")
    settling = Settling(outbox)
    hold(settling, 1, 2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(settling.flush)
        await anyio.lowlevel.checkpoint()
        hold(settling, 3, 1)
        assert not settling.due(more_is_coming=False)
    assert (settling.after(CHANNEL), outbox.pending) == (3, 2)
    await settling.flush()
    assert (settling.after(CHANNEL), outbox.pending) == (0, 1)


async def test_a_dead_letter_of_a_halved_batch_can_be_retried(
    relay: Relay, outbox: Outbox, api: ScriptedApi
) -> None:
    """No place is kept for rows that were settled already: the retried row is found again."""
    api.script = lambda _api, batch: status(400) if _holds_three(batch) else None
    await outbox.append(messages(10), "replay")
    await eventually(lambda: outbox.pending == 0)
    assert (outbox.dead_letters, relay.trouble) == (1, None)
    api.script = lambda _api, _batch: None
    await outbox.retry(None)
    await eventually(lambda: outbox.pending == 0)
    assert (outbox.dead_letters, len(api.stored)) == (0, 10)


async def test_a_backlog_of_several_channels_is_settled_together(
    relay: Relay, outbox: Outbox, telemetry: Telemetry
) -> None:
    """Many requests, few commits; each row settled once."""
    await outbox.append(messages(4000, channels=8), "replay")
    await eventually(lambda: outbox.pending == 0)
    assert relay.trouble is None
    assert rows(outbox.path, "SELECT state, count(*) FROM outbox GROUP BY 1") == [
        ("delivered", 4000)
    ]
    requests = number_of(telemetry, "relay_batch_rows")
    commits = number_of(telemetry, "outbox_commit_rows")
    assert requests == 8
    assert commits < requests


def _holds_three(batch: list[Message]) -> bool:
    return any(item.message_id == 3 for item in batch)


def number_of(telemetry: Telemetry, name: str) -> int:
    """How many times a histogram was told something."""
    lines = telemetry.exposition().decode().splitlines()
    line = next(line for line in lines if line.startswith(f"{name}_count"))
    return int(float(line.split()[-1]))
