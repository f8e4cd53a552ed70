"""The user source against a scripted Telegram: what is posted is here, once, as it is now."""

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from telethon.tl import functions, types

from tests.telegram.call import Call
from tests.telegram.channel import Channel
from tests.telegram.gateway_user import SHORT, Site
from tests.telegram.world import Telegram
from tests.waiting import eventually


def posted(telegram: Telegram, count: int = 0, **flags: object) -> Channel:
    """A channel with so many messages."""
    channel = telegram.channel("Mesa", username="mesa", **flags)
    for number in range(1, count + 1):
        channel.post(f"sinal {number}", push=False)
    return channel


async def test_history_then_pushes(site: Site, telegram: Telegram) -> None:
    """A channel seen for the first time is read, and followed from there."""
    channel = posted(telegram, 250)
    site.declare(channel)
    async with site.running() as source:
        assert await site.texts(channel) == {n: f"sinal {n}" for n in range(1, 251)}
        channel.post("fresh")
        await site.holds(channel)
        assert source.state.condition == "connected"
        row = await site.row(channel)
        assert (row["state"], row["title"], row["contiguous_id"]) == ("tracked", "Mesa", 250)
        assert (row["pts"], row["resume_pts"]) == (251, None)
    assert site.counted("telegram_reconciles_total", result="failed") == 0


async def test_a_push_never_moves_the_cursor(site: Site, telegram: Telegram) -> None:
    """The next comparison covers what was pushed, once more."""
    channel = posted(telegram, 1)
    site.declare("@mesa")
    async with site.running():
        channel.post("pushed")
        await site.holds(channel)
        assert (await site.row(channel))["contiguous_id"] == 1
    async with site.running():
        assert (await site.row(channel))["contiguous_id"] == 2
    assert await site.outbox.pending_channels() == [channel.marked_id]
    assert site.outbox.pending == 2


async def test_what_was_withheld_comes_by_the_timer(site: Site, telegram: Telegram) -> None:
    """New messages, an edit and a deletion that were never pushed."""
    channel = posted(telegram, 3)
    site.declare(channel)
    site.fields["reconcile_seconds"] = 0.05
    async with site.running():
        channel.post("withheld", push=False)
        channel.edit(1, "corrigido", push=False)
        channel.delete([2], push=False)
        await site.holds(channel)
        assert (await site.latest(channel))[2].deleted_at is not None
        await eventually(lambda: site.counted("telegram_deletions_total", result="applied") == 1)


async def test_an_absence_is_made_up_for(site: Site, telegram: Telegram) -> None:
    """Page by page from our own cursor, edits and deletions too."""
    channel = posted(telegram, 10, page=7)
    site.declare(channel)
    async with site.running():
        pass
    for number in range(100):
        channel.post(f"later {number}", push=False)
    channel.edit(5, "corrigido", push=False)
    channel.delete([6, 7], push=False)
    async with site.running():
        await site.holds(channel)
    assert site.counted("telegram_reconciles_total", result="too_long") == 0


async def test_too_long_an_absence(site: Site, telegram: Telegram) -> None:
    """History fills the gap; edits and deletions before it are found; what is gone is told."""
    channel = posted(telegram, 150, window=20)
    site.declare(channel)
    async with site.running():
        pass
    for number in range(200):
        channel.post(f"later {number}", push=False)
    channel.edit(5, "corrigido", push=False)
    channel.delete([6, 7, 160, 161, 162], push=False)
    async with site.running():
        await site.holds(channel)
    latest = await site.latest(channel)
    assert {id_ for id_, each in latest.items() if each.deleted_at} == {6, 7}
    assert (await site.row(channel))["holes"] == 3
    assert site.counted("telegram_holes_total") == 3
    assert site.counted("telegram_reconciles_total", result="too_long") == 1


async def test_a_channel_that_is_busier_than_its_reader(site: Site, telegram: Telegram) -> None:
    """A message more with each page of history: the reading ends all the same."""
    channel = posted(telegram, 150)
    asked = functions.messages.GetHistoryRequest
    answer = site.server.answers[asked]

    def answered(call: Call) -> Any:
        channel.post("meanwhile", push=False)
        return answer(call)

    site.server.answers[asked] = answered
    site.declare(channel)
    async with site.running():
        await site.holds(channel)
    assert (await site.row(channel))["resume_pts"] is None


async def test_a_drop_is_made_up_for(site: Site, telegram: Telegram) -> None:
    """A connection that ends is made again, and begins with a comparison."""
    channel = posted(telegram, 1)
    site.declare(channel)
    async with site.running() as source:
        await site.server.close()
        await eventually(lambda: source.state.condition == "transient")
        channel.post("while away")
        await site.server.open()
        await site.holds(channel)
        await eventually(lambda: source.state.condition == "connected")


async def test_a_dead_connection_is_found(site: Site, telegram: Telegram) -> None:
    """Open, and nobody answers: it is left and made again."""
    channel = posted(telegram, 1)
    site.declare(channel)
    async with site.running() as source:
        site.server.faults.muted = True
        channel.post("into the void")
        await eventually(lambda: source.state.condition == "silent")
        site.server.faults.clear()
        await site.holds(channel)
        await eventually(lambda: source.state.condition == "connected")


async def test_an_answer_that_never_comes(site: Site, telegram: Telegram) -> None:
    """All else is answered, so that only this request can tell: the next connection asks again."""
    channel = posted(telegram, 1)
    site.declare(channel)
    site.fields["reconcile_seconds"] = 0.05
    async with site.running(pace=replace(SHORT, patience=0.5)) as source:
        site.server.faults.ignore("updates.GetChannelDifference")
        channel.post("withheld", push=False)
        await eventually(lambda: source.state.condition == "transient")
        assert "no answer to GetChannelDifference" in str(source.state.reason)
        await site.holds(channel)


async def test_the_clock_is_set(
    site: Site, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Telethon threw away meanwhile is asked for on another connection."""
    channel = posted(telegram, 1)
    site.declare(channel)
    true_time = time.time
    async with site.running() as source:
        with monkeypatch.context() as wrong:  # for Telethon, too
            wrong.setattr(time, "time", lambda: true_time() - 3600)
            await eventually(lambda: source.state.condition == "transient")
            assert "clock was set by -3600 s" in str(source.state.reason)
        channel.post("meanwhile", push=False)
        await site.holds(channel)


async def test_an_unreadable_push_is_made_up_for(site: Site, telegram: Telegram) -> None:
    """Telethon skips what it cannot read; the message behind it comes all the same."""
    channel = posted(telegram, 1)
    site.declare(channel)
    site.fields["reconcile_seconds"] = 0.05
    async with site.running():
        site.server.push_undecodable()
        channel.post("behind it", push=False)
        await site.holds(channel)


async def test_an_album_and_a_rich_message(site: Site, telegram: Telegram) -> None:
    """Each part is a message with the album's id; blocks become text."""
    channel = posted(telegram)
    site.declare(channel)
    async with site.running():
        photo = types.MessageMediaPhoto(photo=types.PhotoEmpty(1))
        channel.post("COMPRA PETR4", grouped_id=99, media=photo)
        channel.post("", grouped_id=99, media=photo)
        blocks = [types.PageBlockParagraph(types.TextPlain("VENDA VALE3"))]
        channel.post("", rich_message=types.RichMessage(blocks, [], []))

        async def all_here() -> bool:
            return len(await site.texts(channel)) == 3

        await eventually(all_here)
        latest = await site.latest(channel)
    assert [latest[n].album_id for n in (1, 2, 3)] == ["99", "99", None]
    assert [latest[n].media_type for n in (1, 2, 3)] == ["photo", "photo", None]
    assert latest[3].text == "VENDA VALE3"
    with closing(sqlite3.connect(site.outbox.path)) as beside:
        ((number, source, kept),) = beside.execute(
            "SELECT message_id, source, raw FROM rich_message"
        ).fetchall()
    assert (number, source) == (3, "user")
    assert json.loads(kept)["rich_message"]["blocks"][0]["_"] == "PageBlockParagraph"
