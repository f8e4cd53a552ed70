"""What the bot source stores, and what it confirms to Telegram, and when."""

import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from contracts.message import Origin
from gateway_outbox.bot.bot_message import KINDS
from tests.telegram.bot_api_server import FIRST_UPDATE, Fault
from tests.telegram.bot_bench import Bench, bot_bench
from tests.telegram.bot_updates import CHANNEL, chat, forwarded, post, sizes
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A server, an outbox, no source yet."""
    async with bot_bench(tmp_path) as parts:
        yield parts


async def test_the_offset_follows_the_commit(bench: Bench) -> None:
    """No offset at first, then one above each batch; all kinds are asked for every time."""
    for number in (1, 2, 3):
        bench.server.publish("channel_post", post(number))
    async with bench.running():
        await eventually(lambda: bench.server.waiting == 1)
        bench.server.publish("channel_post", post(4))
        await eventually(lambda: len(bench.server.offsets()) == 3)
    assert bench.server.offsets() == [None, FIRST_UPDATE + 3, FIRST_UPDATE + 4]
    assert bench.ids() == [1, 2, 3, 4]
    assert bench.server.confirmed == [FIRST_UPDATE + n for n in range(4)]
    polls = [call.given for call in bench.server.calls if call.method == "getUpdates"]
    assert [json.loads(given["allowed_updates"]) for given in polls] == [[*KINDS]] * 3
    assert [given.get("timeout") for given in polls] == ["0", "20", "20"]
    assert bench.server.violations == []


async def test_what_was_committed_but_not_confirmed_comes_again_and_counts_once(
    bench: Bench,
) -> None:
    """Killed between the commit and the next call: the next process has no offset."""
    bench.server.publish("channel_post", post(1))
    bench.server.choose = lambda: Fault.HANG if len(bench.server.offsets()) > 1 else None
    async with bench.running():
        await eventually(lambda: len(bench.server.offsets()) == 2)
    assert (bench.ids(), bench.server.confirmed) == ([1], [])
    bench.server.choose = lambda: None
    async with bench.running():
        await eventually(lambda: bool(bench.server.confirmed))
    assert bench.server.offsets() == [None, FIRST_UPDATE + 1, None, FIRST_UPDATE + 1]
    assert bench.server.served[FIRST_UPDATE] == 2
    assert bench.ids() == [1]


async def test_a_commit_that_waits_holds_the_offset(bench: Bench) -> None:
    """While another program locks the file nothing is confirmed, and nothing more is asked for."""
    async with bench.running():
        await eventually(lambda: (bench.server.waiting, len(bench.server.offsets())) == (1, 2))
        with closing(sqlite3.connect(bench.path)) as rival:
            rival.execute("BEGIN IMMEDIATE")
            bench.server.publish("channel_post", post(1))
            await eventually(lambda: bool(bench.outbox.held))
            assert bench.server.offsets() == [None, None]
            rival.rollback()
        await eventually(lambda: bool(bench.server.confirmed))
    assert bench.ids() == [1]


async def test_a_commit_that_fails_confirms_nothing(bench: Bench) -> None:
    """The source ends with the error; Telegram sends the batch to the next process."""
    with closing(sqlite3.connect(bench.path)) as broken:
        broken.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        bench.server.publish("channel_post", post(1))
        with pytest.raises(sqlite3.IntegrityError):
            await bench.source().run()
        assert bench.server.offsets() == [None]
        assert bench.server.unconfirmed == [FIRST_UPDATE]
        broken.execute("DROP TRIGGER refuse")
    async with bench.running():
        await eventually(lambda: bool(bench.server.confirmed))
    assert bench.ids() == [1]


async def test_a_stop_gives_the_long_poll_up_and_asks_nothing_more(bench: Bench) -> None:
    """A last getUpdates would confirm what nobody has committed."""
    async with bench.running():
        await eventually(lambda: bench.server.waiting == 1)
        calls, begun = len(bench.server.calls), time.monotonic()
    assert time.monotonic() - begun < 2
    assert len(bench.server.calls) == calls


async def test_a_batch_is_one_transaction(bench: Bench) -> None:
    """A hundred at a time, in order, with the unreadable ones beside them."""
    for number in range(1, 251):
        bench.server.publish("channel_post", post(number))
        if number % 50 == 0:
            bench.server.publish("channel_post", post(number, date=None))
    async with bench.running():
        await eventually(lambda: len(bench.server.confirmed) == 255)
        assert bench.ids() == [*range(1, 251)]
    assert len(bench.server.offsets()) == 4
    assert bench.metric("outbox_commit_seconds_count") <= 8
    (count,) = bench.rows("SELECT count(*), min(error) FROM undecoded")
    assert count == (5, "date is missing or no time")
    assert bench.metric('telegram_undecoded_updates_total{source="bot"}') == 5


async def test_edits_albums_rich_messages_and_forwards_are_kept(bench: Bench) -> None:
    """Each as the contract has it."""
    publish = bench.server.publish
    publish("channel_post", post(1, "COMPRAR"))
    publish("edited_channel_post", post(1, "VENDER", edit_date=1_790_000_100))
    for number, caption in ((2, "PETR4"), (3, None)):
        album = post(number, caption=caption, photo=sizes(), media_group_id="13")
        publish("channel_post", {k: v for k, v in album.items() if k != "text"})
    rich = {"blocks": [{"type": "paragraph", "text": "rico"}]}
    publish("message", post(4, "", rich_message=rich, chat=chat() | {"type": "supergroup"}))
    publish("channel_post", post(5, forward_origin=forwarded(-1009, 77)))
    async with bench.running():
        await eventually(lambda: len(bench.server.confirmed) == 6)
    first, edit, left, right, rich_one, copy = bench.messages()
    assert (first.text, edit.text, edit.key == first.key) == ("COMPRAR", "VENDER", True)
    assert edit.edited_at
    assert (left.text, left.album_id, right.text, right.album_id) == ("PETR4", "13", "", "13")
    assert (left.media_type, len(right.photos)) == ("photo", 1)
    assert rich_one.text == "rico"
    ((number, kept),) = bench.rows("SELECT message_id, raw FROM rich_message")
    assert (number, json.loads(kept)["message"]["rich_message"]) == (4, rich)
    assert copy.origin
    assert isinstance(copy.origin, Origin)
    assert copy.key == (-1009, 77)
    assert {each.source for each in bench.messages()} == {"bot"}


async def test_a_poison_update_stops_nobody(bench: Bench) -> None:
    """The library's own polling would fetch this batch again for 24 hours."""
    bench.server.publish("channel_post", post(1))
    bench.server.publish("channel_post", post(2, forward_origin={"type": "hidden_user"}))
    bench.server.publish("channel_post", {"chat": chat(), "message_id": {"not": "a number"}})
    bench.server.publish("channel_post", post(3))
    async with bench.running() as source:
        await eventually(lambda: len(bench.server.confirmed) == 4)
        assert source.state.observed["undecoded"] == 1
    assert bench.ids() == [1, 2, 3]
    ((raw,),) = bench.rows("SELECT raw FROM undecoded")
    assert json.loads(raw)["channel_post"]["message_id"] == {"not": "a number"}


async def test_strangers_and_undeclared_channels_are_skipped_and_counted(tmp_path: Path) -> None:
    """By reason, in what health shows."""
    async with bot_bench(tmp_path, telegram_source_channels=str(CHANNEL)) as bench:
        bench.server.publish("message", post(1, chat={"id": 5, "type": "private"}))
        bench.server.publish("channel_post", post(2, chat=chat(-1009)))
        bench.server.publish("channel_post", post(3, chat=chat(-1009)))
        bench.server.publish("channel_post", post(4))
        async with bench.running() as source:
            await eventually(lambda: len(bench.server.confirmed) == 4)
            document = source.state.document()
        assert bench.ids() == [4]
    assert document["skipped"] == 3
    assert document["skipped_by_reason"] == {"private chat": 1, "channel is not declared": 2}
    assert document["received"] == 1


async def test_a_change_of_the_bot_s_rights_is_shown(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """With what to do about it: while polling, no error tells."""
    kicked = {"chat": chat(), "new_chat_member": {"status": "kicked"}}
    bench.server.publish("my_chat_member", kicked)
    bench.server.publish(
        "message",
        post(1, migrate_to_chat_id=-1005, chat={"id": -5, "type": "group", "title": "Grupo"}),
    )
    async with bench.running() as source:
        await eventually(lambda: len(bench.server.confirmed) == 2)
        chats = source.state.document()["chats"]
    assert chats[str(CHANNEL)]["status"] == "kicked"
    assert "add it again" in chats[str(CHANNEL)]["advice"]
    assert chats["-5"]["new_id"] == -1005
    assert "the bot is kicked in Mesa" in caplog.text
    assert bench.ids() == []


async def test_a_day_of_absence_is_told_with_its_hole(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Telegram keeps a bot's messages for 24 hours: the rest is gone, and is said to be."""
    async with bench.running() as source:
        await eventually(lambda: source.state.connected)
    now = time.time()
    bench.server.publish("channel_post", post(1), date=now)
    bench.server.publish("channel_post", post(2), date=now + 30 * 3600)
    bench.server.ahead = 31 * 3600
    with closing(sqlite3.connect(bench.path)) as clock, clock:
        clock.execute("UPDATE mark SET value = value - 31 * 3600000")
    async with bench.running() as source:
        await eventually(lambda: bool(bench.server.confirmed))
        hole = source.state.document()["hole"]
    assert bench.ids() == [2]
    assert hole["from"] < hole["to"]
    assert "backfill" in hole["advice"]
    assert "the bot was away" in caplog.text


async def test_a_short_absence_is_no_hole(bench: Bench) -> None:
    """What waited at Telegram is here."""
    for _ in range(2):
        async with bench.running() as source:
            await eventually(lambda: source.state.connected)
            assert "hole" not in source.state.observed


async def test_the_delay_of_live_messages_is_measured(bench: Bench) -> None:
    """Not of those that waited for us, and not of edits."""
    bench.server.publish("channel_post", post(1))
    async with bench.running():
        await eventually(lambda: bench.server.waiting == 1)
        bench.server.publish("channel_post", post(2, date=int(time.time()) + 1))
        bench.server.publish("edited_channel_post", post(2, "x", edit_date=int(time.time()) + 2))
        await eventually(lambda: len(bench.server.confirmed) == 3)
    assert bench.metric('telegram_receive_delay_seconds_count{source="bot"}') == 1
    assert bench.metric('telegram_messages_received_total{source="bot"}') == 3
