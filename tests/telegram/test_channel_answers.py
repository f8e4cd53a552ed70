"""What the model answers about channels, read by the real Telethon."""

from typing import Any

import pytest
from telethon import TelegramClient, errors, functions, types, utils

from tests.telegram.channel import Channel
from tests.telegram.world import Telegram


async def test_a_difference_comes_in_pages(client: TelegramClient, telegram: Telegram) -> None:
    """Each tells the number to go on from; edits of what is new are folded into it."""
    channel = telegram.channel("Signals", page=2)
    for number in range(1, 4):
        channel.post(str(number), push=False)
    channel.edit(2, "two", push=False)
    channel.edit(1, "one", push=False)
    channel.delete([3], push=False)
    first = await difference(client, channel, 1)
    assert (first.pts, first.final) == (3, False)
    assert [each.message for each in first.new_messages] == ["one", "two"]
    second = await difference(client, channel, first.pts)
    assert [type(each).__name__ for each in second.other_updates] == ["UpdateEditChannelMessage"]
    third = await difference(client, channel, second.pts)
    assert (third.pts, third.final, third.new_messages) == (channel.pts, True, [])
    assert [each.pts for each in third.other_updates] == [6, 7]
    empty = await difference(client, channel, channel.pts)
    assert isinstance(empty, types.updates.ChannelDifferenceEmpty)


async def test_an_old_number_is_too_long_ago(client: TelegramClient, telegram: Telegram) -> None:
    """The answer has the newest messages and the number to go on from."""
    channel = telegram.channel("Signals", window=3)
    for number in range(1, 8):
        channel.post(str(number), push=False)
    told = await difference(client, channel, 4)
    assert isinstance(told, types.updates.ChannelDifferenceTooLong)
    assert (told.dialog.pts, told.dialog.top_message, len(told.messages)) == (8, 7, 7)
    assert len((await difference(client, channel, 5)).new_messages) == 3


async def test_messages_by_id(client: TelegramClient, telegram: Telegram) -> None:
    """With the text of now; nothing for those that are gone."""
    channel = telegram.channel("Signals")
    for number in range(1, 4):
        channel.post(str(number), push=False)
    channel.edit(1, "one", push=False)
    channel.delete([2], push=False)
    asked = functions.channels.GetMessagesRequest(channel.input, [1, 2, 3, 4])
    found = (await client(asked)).messages
    assert [each.id for each in found] == [1, 2, 3, 4]
    assert [getattr(each, "message", None) for each in found] == ["one", None, "3", None]
    assert [isinstance(each, types.MessageEmpty) for each in found] == [False, True, False, True]


async def test_a_banned_channel_is_refused(client: TelegramClient, telegram: Telegram) -> None:
    """Everywhere; only getChannels still knows its title."""
    channel = telegram.channel("Signals")
    channel.ban()
    with pytest.raises(errors.ChannelPrivateError):
        await difference(client, channel, 1)
    found = (await client(functions.channels.GetChannelsRequest([channel.input]))).chats
    assert isinstance(found[0], types.ChannelForbidden)
    channel.ban("CHANNEL_INVALID")
    with pytest.raises(errors.ChannelInvalidError):
        await difference(client, channel, 1)
    channel.unban()
    assert (await difference(client, channel, 1)).final


async def test_a_wrong_access_hash_is_refused(client: TelegramClient, telegram: Telegram) -> None:
    """As is a private channel that was never joined."""
    channel = telegram.channel("Signals", joined=False)
    with pytest.raises(errors.ChannelPrivateError):
        await difference(client, channel, 1)
    channel.access_hash += 1
    stranger = types.InputChannel(channel.id, channel.access_hash - 1)
    with pytest.raises(errors.ChannelInvalidError):
        await client(functions.channels.GetFullChannelRequest(stranger))


async def test_a_number_from_the_future_is_refused(
    client: TelegramClient, telegram: Telegram
) -> None:
    """As Telegram does when its own replicas lag."""
    with pytest.raises(errors.PersistentTimestampInvalidError):
        await difference(client, telegram.channel("Signals"), 9)


async def test_channels_are_found_by_name(client: TelegramClient, telegram: Telegram) -> None:
    """In any case of letters; afterwards by their marked id."""
    channel = telegram.channel("Signals", username="BestSignals")
    found = await client.get_entity("@bestsignals")
    assert (found.title, utils.get_peer_id(found)) == ("Signals", channel.marked_id)
    full = await client(functions.channels.GetFullChannelRequest(channel.marked_id))
    assert full.full_chat.pts == channel.pts
    with pytest.raises(ValueError, match="nobody"):
        await client.get_entity("@nobody")


async def test_dialogs_come_in_pages(client: TelegramClient, telegram: Telegram) -> None:
    """Newest first, each with the channel's number."""
    made = [telegram.channel(f"Channel {number}") for number in range(130)]
    for channel in made:
        channel.post("hello", push=False)
    telegram.channel("Left", joined=False)
    found = [each async for each in client.iter_dialogs()]
    assert [each.title for each in found] == [each.title for each in made[::-1]]
    assert {each.dialog.pts for each in found} == {2}


async def test_the_numbers_of_many_channels_at_once(
    client: TelegramClient, telegram: Telegram
) -> None:
    """What changed is known from one request."""
    made = [telegram.channel(f"Channel {number}") for number in range(3)]
    made[1].post("hello", push=False)
    peers = [types.InputPeerChannel(each.id, each.access_hash) for each in made]
    asked = functions.messages.GetPeerDialogsRequest(peers)
    found = (await client(asked)).dialogs
    assert [(each.pts, each.top_message) for each in found] == [(1, 0), (2, 1), (1, 0)]


async def difference(client: TelegramClient, channel: Channel, pts: int) -> Any:
    """Ask for what happened since."""
    everything = types.ChannelMessagesFilterEmpty()
    asked = functions.updates.GetChannelDifferenceRequest(channel.input, everything, pts, 100)
    return await client(asked)
