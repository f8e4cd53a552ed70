"""The forwarder against the scripted Telegram: once each, in order, and what is refused or held."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from gateway_outbox.forward import forward_source
from gateway_outbox.forward.copying_source import Copying
from gateway_outbox.forward.forward_queue import ForwardQueue
from gateway_outbox.forward.forward_source import ForwardLane
from tests.telegram.forwarding import Forwarding
from tests.telegram.lane_rig import lane_rig, received, store
from tests.waiting import eventually


@pytest.fixture
async def forwarding(tmp_path: Path) -> AsyncIterator[Forwarding]:
    """Ready to run."""
    async with lane_rig(tmp_path) as rig:
        source = rig.telegram.channel("Mesa")
        destination = rig.telegram.channel("Saída", writable=True)
        rig.follow(source)
        rig.follow(destination)
        rig.declare_destination(destination)
        yield Forwarding(rig, source, destination, ForwardQueue(rig.outbox, rig.channels))


async def test_messages_are_copied_in_order(forwarding: Forwarding) -> None:
    """Each with its origin; counted, and nothing left to wait."""
    await forwarding.post("a", "b", "c")
    async with forwarding.running():
        await forwarding.settled()
        await forwarding.post("d")
        await forwarding.settled()
        await eventually(lambda: forwarding.shown["pending"] == 0)
    assert forwarding.copies == ["a", "b", "c", "d"]
    origins = [each.fwd_from.channel_post for each in forwarding.destination.messages.values()]
    assert origins == [1, 2, 3, 4]
    rig = forwarding.rig
    assert await rig.counted("telegram_forwarded_total", result="forwarded") == 4
    assert rig.state.gauges["telegram_forward_pending"] == 0
    assert forwarding.shown["state"] == "forwarding"


async def test_an_album_stays_together(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request, when no part has come for a while; parts that come apart too."""
    monkeypatch.setattr("gateway_outbox.forward.forward_queue.ALBUM_SECONDS", 0.3)
    async with forwarding.running():
        await forwarding.post("1", grouped_id=7)
        await forwarding.post("2", "3", grouped_id=7)
        await forwarding.settled()
    copies = forwarding.destination.messages.values()
    assert len({each.grouped_id for each in copies}) == 1
    assert forwarding.rig.server.count("messages.ForwardMessages") == 1
    assert forwarding.copies == ["1", "2", "3"]


async def test_a_protected_channel_is_refused(forwarding: Forwarding) -> None:
    """Without a request where we know it, by Telegram's answer where we do not."""
    forwarding.source.noforwards = True
    await forwarding.post("a")
    async with forwarding.running():
        await forwarding.settled()
        forwarding.rig.follow(forwarding.source)
        await forwarding.post("b")
        await forwarding.settled()
    rig = forwarding.rig
    assert rig.server.count("messages.ForwardMessages") == 1
    assert await rig.counted("telegram_forwarded_total", result="refused") == 2
    assert forwarding.copies == []


async def test_a_message_that_is_gone_is_refused(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone, or as a part of an album whose rest is copied."""
    monkeypatch.setattr("gateway_outbox.forward.forward_queue.ALBUM_SECONDS", 0.0)
    await forwarding.post("a")
    await forwarding.post("1", "2", grouped_id=7)
    forwarding.source.delete([1, 3])
    async with forwarding.running():
        await forwarding.settled()
    assert forwarding.copies == ["1"]
    assert await forwarding.rig.counted("telegram_forwarded_total", result="refused") == 2


async def test_without_the_right_to_post_it_is_held(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to do; once that is done it goes on, in order and without loss."""
    monkeypatch.setattr(forward_source, "HELD_SECONDS", 0.05)
    forwarding.destination.writable = False
    await forwarding.post("a", "b")
    async with forwarding.running():
        await eventually(lambda: forwarding.shown["state"] == "held")
        assert "ChatWriteForbidden" in forwarding.shown["reason"]
        assert "administrator" in forwarding.shown["advice"]
        assert forwarding.shown["pending"] == 2
        assert forwarding.rig.state.alarms["forward"].startswith("forwarding to -100")
        forwarding.destination.writable = True
        await forwarding.settled()
        await eventually(lambda: forwarding.shown["state"] == "forwarding")
    assert forwarding.rig.state.alarms == {}
    assert forwarding.copies == ["a", "b"]


async def test_a_private_destination_holds_and_a_private_source_refuses(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram answers both with the same word."""
    monkeypatch.setattr(forward_source, "HELD_SECONDS", 0.05)
    forwarding.destination.ban()
    await forwarding.post("a")
    async with forwarding.running():
        await eventually(lambda: forwarding.rig.server.count("messages.GetHistory") > 0)
        await eventually(lambda: forwarding.shown["state"] == "held")
        assert "not in the destination" in forwarding.shown["reason"]
        forwarding.destination.unban()
        await forwarding.settled()
        forwarding.source.ban()
        await forwarding.post("b", push=False)
        await forwarding.settled()
    assert forwarding.copies == ["a"]
    assert await forwarding.rig.counted("telegram_forwarded_total", result="refused") == 1


async def test_a_flood_wait_is_obeyed(forwarding: Forwarding) -> None:
    """The copy is made after it, once."""
    forwarding.rig.server.faults.flood("messages.ForwardMessages", 1)
    await forwarding.post("a")
    async with forwarding.running():
        begun = anyio.current_time()
        await forwarding.settled()
        assert anyio.current_time() - begun >= 1
    assert forwarding.copies == ["a"]


@pytest.mark.parametrize("happened", [True, False])
async def test_what_was_being_sent_is_looked_for_first(
    forwarding: Forwarding, *, happened: bool
) -> None:
    """The connection went with the request: it may have been done or not."""
    faults = forwarding.rig.server.faults
    faults.drop("messages.ForwardMessages", after=happened)
    await forwarding.post("a", "b")
    with pytest.raises(BaseExceptionGroup):
        async with forwarding.running():
            await forwarding.settled()
    (row, _) = await forwarding.queue.waiting()
    assert row.state == "sending"
    await forwarding.rig.requests.client.disconnect()
    await forwarding.rig.requests.client.connect()
    async with forwarding.running():
        await forwarding.settled()
    assert forwarding.copies == ["a", "b"]


async def test_a_server_error_is_tried_again(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Done or not, the number keeps it from being done twice."""
    monkeypatch.setattr(forward_source, "TROUBLE_SECONDS", 0.05)
    faults = forwarding.rig.server.faults
    faults.fail("messages.ForwardMessages", 500, "RPC_MCGET_FAIL", after=True)
    faults.fail("messages.GetHistory", 500, "RPC_MCGET_FAIL")
    await forwarding.post("a")
    async with forwarding.running():
        await forwarding.settled()
    assert forwarding.copies == ["a"]


async def test_a_number_that_telegram_knows_is_a_copy_that_is_there(
    forwarding: Forwarding,
) -> None:
    """When the copy was deleted from the destination meanwhile, it is not made again."""
    await forwarding.post("a")
    numbers = await forwarding.queue.begin(await forwarding.queue.waiting())
    telegram = forwarding.rig.telegram
    telegram.random_ids.add((telegram.me.id, numbers[0]))
    async with forwarding.running():
        await forwarding.settled()
    assert forwarding.copies == []
    assert await forwarding.rig.counted("telegram_forwarded_total", result="forwarded") == 1


async def test_a_message_that_is_recovered_late_keeps_its_place(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one after it waits a moment when there is a gap before it."""
    monkeypatch.setattr("gateway_outbox.forward.forward_queue.GAP_SECONDS", 60)
    await forwarding.post("a")
    late = received(forwarding.source.post("b"))
    await forwarding.post("c")
    async with forwarding.running():
        await eventually(lambda: forwarding.copies == ["a"])
        await store(forwarding.rig, [late], forwarding.queue.queue_rows([late]))
        await forwarding.settled()
    assert forwarding.copies == ["a", "b", "c"]


async def test_a_gap_that_stays_is_not_waited_for_long(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service message has an id too, and is never forwarded."""
    monkeypatch.setattr("gateway_outbox.forward.forward_queue.GAP_SECONDS", 0.2)
    await forwarding.post("a")
    forwarding.source.post("never seen")
    await forwarding.post("c")
    async with forwarding.running():
        await forwarding.settled()
    assert forwarding.copies == ["a", "c"]


async def test_a_destination_is_waited_for(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user session looks for it; it goes on as soon as that is found."""
    monkeypatch.setattr(forward_source, "LOOK_SECONDS", 0.02)
    rig = forwarding.rig
    found = rig.tracked.pop(forwarding.destination.marked_id)
    await forwarding.post("a")
    async with forwarding.running():
        await eventually(lambda: forwarding.shown["state"] == "searching")
        rig.tracked[found.channel_id] = found
        await forwarding.settled()
    assert forwarding.copies == ["a"]


async def test_a_channel_that_cannot_be_read_holds_up_no_other(forwarding: Forwarding) -> None:
    """However much waits in it; as soon as it can be read, it goes on from there."""
    rig = forwarding.rig
    shut = rig.telegram.channel("Fechada")
    batch = [received(shut.post(f"shut {number}")) for number in range(600)]
    await store(rig, batch, forwarding.queue.queue_rows(batch))
    await forwarding.post("a")
    async with forwarding.running():
        await eventually(lambda: forwarding.copies == ["a"])
        rig.follow(shut)
        await eventually(lambda: "shut 0" in forwarding.copies)


async def test_a_channel_taken_off_while_the_queue_is_read_ends_nothing(
    forwarding: Forwarding,
) -> None:
    """The message that was chosen is forwarded; the next look leaves the channel out."""
    rig = forwarding.rig
    await forwarding.post("a")
    destination = forwarding.queue.destination
    assert destination is not None
    copying = Copying.to(destination, rig.requests, rig.tracked)
    assert copying is not None
    lane = ForwardLane(rig.outbox, forwarding.queue, rig.state, rig.telemetry, 6000)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lane._step, copying, destination)
        await anyio.lowlevel.checkpoint()  # it waits for the outbox now
        rig.tracked.clear()
    assert forwarding.copies == ["a"]
    assert copying.readable() == []
