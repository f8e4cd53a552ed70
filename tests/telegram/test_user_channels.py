"""Which channels the user source follows, and what becomes of those that it cannot."""

import logging

import anyio
import pytest
from telethon.tl import functions, types

from gateway_outbox.outbox.held_deletions import apply_held
from tests.telegram.channel import Channel, now
from tests.telegram.garbage import Garbage
from tests.telegram.gateway_user import Site, told
from tests.telegram.world import Telegram
from tests.waiting import eventually


@pytest.fixture
def channel(site: Site, telegram: Telegram) -> Channel:
    """A declared channel with 30 messages; everything is compared all the time."""
    channel = telegram.channel("Mesa", username="mesa")
    for number in range(30):
        channel.post(f"sinal {number}", push=False)
    site.declare(channel)
    site.fields["reconcile_seconds"] = 0.05
    return channel


async def test_many_deletions_are_held(site: Site, channel: Channel) -> None:
    """Nothing is taken away unasked; health says what to type; then it is done."""
    async with site.running() as source:
        channel.delete(range(1, 26))
        await eventually(lambda: "held_deletions" in source.state.alarms)
        channel.delete([26])

        async def one_gone() -> bool:
            return len(await site.texts(channel)) == 29

        await eventually(one_gone)
        assert "tpcapital channels deletions" in source.state.alarms["held_deletions"]
        assert await apply_held(site.outbox, channel.marked_id) == 25
        await site.holds(channel)
        await eventually(lambda: "held_deletions" not in source.state.alarms)
    assert site.counted("telegram_deletions_total", result="held") == 25
    assert site.counted("telegram_deletions_total", result="applied") == 1


async def test_an_edit_before_its_message(site: Site, channel: Channel) -> None:
    """The edit makes the row; the message, when it comes, changes nothing."""
    site.fields["reconcile_seconds"] = 600.0
    async with site.running():
        late = channel.post("as first sent", push=False)
        channel.edit(late.id, "corrigido")
        await site.holds(channel)
    async with site.running():
        await site.holds(channel)


async def test_a_channel_is_added_while_it_runs(
    site: Site, telegram: Telegram, channel: Channel
) -> None:
    """Without a new connection; and one that is taken out is no longer followed."""
    other = telegram.channel("Outra", username="outra")
    other.post("old", push=False)
    async with site.running() as source:
        site.declare("@outra")
        site.channels.reload()
        await site.holds(other)
        await eventually(lambda: set(source.channels) == {other.marked_id})
        channel.post("not followed")
        other.post("followed")
        await site.holds(other)
        assert await site.texts(channel) == {n: m for n, m in told(channel).items() if n <= 30}
        gauges = source.state.gauges
        expected = {str(other.marked_id): 0.0}
        await eventually(lambda: gauges["telegram_reconcile_lag_events"] == expected)
        site.declare("@outra", channel)
        site.channels.reload()
        await site.holds(channel)
    assert site.server.count("help.GetConfig") == 1


async def test_a_name_that_nobody_has(site: Site, telegram: Telegram, channel: Channel) -> None:
    """It is said, and found once somebody has it."""
    site.declare(channel, "@later")
    async with site.running() as source:
        await eventually(lambda: "@later" in source.state.alarms.get("channels", ""))
        await site.holds(channel)
        later = telegram.channel("Later", username="later")
        later.post("here", push=False)
        await site.holds(later)
        await eventually(lambda: "channels" not in source.state.alarms)


async def test_an_id_among_many_dialogs(site: Site, telegram: Telegram) -> None:
    """By id alone, page after page; the next start asks for none of them."""
    many = [telegram.channel(f"Canal {number}") for number in range(250)]
    for each in many:
        each.post("sinal", push=False)
    site.declare(many[0], many[249])
    async with site.running():
        await site.holds(many[0])
        await site.holds(many[249])
    pages = site.server.count("messages.GetDialogs")
    assert pages in {1, 2, 3}
    async with site.running():
        pass
    assert site.server.count("messages.GetDialogs") == pages


@pytest.mark.parametrize("key", ["name", "id"])
async def test_another_account_logs_in(
    site: Site, telegram: Telegram, channel: Channel, key: str
) -> None:
    """Access hashes are one account's own: the channel is looked up again, and goes on."""
    site.declare("@mesa" if key == "name" else channel)
    async with site.running():
        pass
    channel.access_hash = telegram.hash()
    channel.post("later", push=False)
    async with site.running() as source:
        await site.holds(channel)
        await eventually(lambda: "channels" not in source.state.alarms)
    row = await site.row(channel)
    assert (row["access_hash"], row["state"]) == (channel.access_hash, "tracked")


@pytest.mark.parametrize("request_name", ["messages.GetPeerDialogs", "contacts.ResolveUsername"])
async def test_a_refusal_that_nobody_foresaw(
    site: Site, channel: Channel, request_name: str
) -> None:
    """It costs neither the connection nor the other channels; it is asked again."""
    site.declare("@mesa")
    site.server.faults.fail(request_name, 400, "SOMETHING_NEW_INVALID", times=2)
    async with site.running():
        await site.holds(channel)
    assert site.server.count("help.GetConfig") == 1


async def test_a_group_that_became_a_supergroup(site: Site, telegram: Telegram) -> None:
    """Its old id leads to the new one, in this process and the next."""
    heir = telegram.channel("Grupo", broadcast=False)
    heir.service(types.MessageActionChannelMigrateFrom("Grupo", 4321), push=False)
    heir.post("sinal", push=False)
    group = types.Chat(
        4321, "Grupo", types.ChatPhotoEmpty(), 2, now(), 1, deactivated=True, migrated_to=heir.input
    )
    site.server.answers[functions.messages.GetChatsRequest] = lambda _: types.messages.Chats(
        [group]
    )
    site.declare(-4321)
    for _ in range(2):
        async with site.running() as source:
            assert list(source.channels) == [heir.marked_id]
            await site.holds(heir)
    assert site.server.count("messages.GetChats") == 1
    rows = {row[0]: row for row in await site.outbox.read("tracked_channels")}
    assert rows[-4321][7] == "migrated"
    assert rows[-4321][9] == heir.marked_id


async def test_a_full_buffer_is_made_up_for(site: Site, channel: Channel) -> None:
    """What does not fit is dropped, and a comparison brings it."""
    site.fields["reconcile_seconds"] = 600.0
    async with site.running() as source:
        source._live._buffer = 0
        channel.post("does not fit")
        await site.holds(channel)
        assert (await site.row(channel))["contiguous_id"] == 31


async def test_a_cursor_that_telegram_does_not_take(site: Site, channel: Channel) -> None:
    """A few tries, then one pass over the history, and the channel is well again."""
    async with site.running() as source:
        fault = ("updates.GetChannelDifference", 400, "PERSISTENT_TIMESTAMP_INVALID")
        site.server.faults.fail(*fault, times=3)
        channel.post("behind it", push=False)
        channel.edit(3, "corrigido", push=False)
        await site.holds(channel)
        await eventually(lambda: "reconcile" not in source.state.alarms)


async def test_a_message_that_cannot_be_read(
    site: Site, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    """Its neighbours come all the same; it is kept by its id."""
    caplog.set_level(logging.WARNING)
    answers = site.server.answers
    history = answers[functions.messages.GetHistoryRequest]
    messages = answers[functions.channels.GetMessagesRequest]

    def poisoned_history(call: object) -> object:
        answer = history(call)  # type: ignore[arg-type]  # the server's own call
        return Garbage() if any(each.id == 7 for each in answer.messages) else answer

    def poisoned_message(call: object) -> object:
        answer = messages(call)  # type: ignore[arg-type]  # the server's own call
        return Garbage() if any(each.id == 7 for each in answer.messages) else answer

    answers[functions.messages.GetHistoryRequest] = poisoned_history
    answers[functions.channels.GetMessagesRequest] = poisoned_message
    async with site.running():
        readable = {id_: text for id_, text in told(channel).items() if id_ != 7}
        assert await site.texts(channel) == readable
    assert site.counted("telegram_undecoded_updates_total", source="user") == 1


@pytest.mark.parametrize("first_sight", [0, 10, 1000])
async def test_how_much_history_is_read(site: Site, channel: Channel, first_sight: int) -> None:
    """The newest so many messages, oldest first."""
    site.fields["first_sight_messages"] = first_sight
    async with site.running():
        channel.post("fresh")

        async def has_all() -> bool:
            return len(await site.texts(channel)) == min(first_sight, 30) + 1

        await eventually(has_all)
        await anyio.lowlevel.checkpoint()
        kept = {id_ for id_ in told(channel) if id_ > 30 - first_sight}
        assert set(await site.texts(channel)) == kept
