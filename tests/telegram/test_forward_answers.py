"""Forwarding at the model, done by the real Telethon."""

from typing import Any

import pytest
from telethon import TelegramClient, errors, functions, types

from tests.telegram.channel import Channel
from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.test_mtproto_server import collect
from tests.telegram.world import Telegram


def forward(source: Channel, target: Channel, ids: list[int], random: list[int]) -> Any:
    """The request of these messages with these random ids."""
    return functions.messages.ForwardMessagesRequest(
        types.InputPeerChannel(source.id, source.access_hash),
        ids,
        types.InputPeerChannel(target.id, target.access_hash),
        random_id=random,
    )


@pytest.fixture
def source(telegram: Telegram) -> Channel:
    """A channel with one message, an album of two, and a service message."""
    channel = telegram.channel("Source")
    channel.post("one", push=False)
    for text in ("two", ""):
        channel.post(text, grouped_id=99, media=telegram.files.photo(b"x" * 9), push=False)
    channel.service(types.MessageActionPinMessage(), push=False)
    return channel


@pytest.fixture
def target(telegram: Telegram) -> Channel:
    """A channel that `me` may write to."""
    return telegram.channel("Target", writable=True)


async def test_copies_say_where_they_come_from(
    client: TelegramClient, source: Channel, target: Channel
) -> None:
    """In order, albums together, and the answer maps random ids to new ids."""
    seen = collect(client)
    answer = await client(forward(source, target, [1, 2, 3], [7, 8, 9]))
    made = list(target.messages.values())
    assert [each.message for each in made] == ["one", "two", ""]
    assert [each.fwd_from.channel_post for each in made] == [1, 2, 3]
    assert {each.fwd_from.from_id.channel_id for each in made} == {source.id}
    assert made[0].grouped_id is None
    assert made[1].grouped_id == made[2].grouped_id != 99
    told = [each for each in answer.updates if isinstance(each, types.UpdateMessageID)]
    assert {each.random_id: each.id for each in told} == {7: 1, 8: 2, 9: 3}
    assert seen == []


async def test_a_random_id_counts_once(
    client: TelegramClient, server: MtprotoServer, source: Channel, target: Channel
) -> None:
    """Also when the client never got the answer."""
    server.faults.drop("messages.ForwardMessages", after=True)
    with pytest.raises(EOFError):
        await client(forward(source, target, [1], [7]))
    await client.connect()
    with pytest.raises(errors.RandomIdDuplicateError):
        # Past the client, which takes any 500 for a passing trouble and waits two seconds.
        await client._sender.send(forward(source, target, [1], [7]))
    assert len(target.messages) == 1


async def test_what_is_gone_is_left_out(
    client: TelegramClient, source: Channel, target: Channel
) -> None:
    """Unless that is everything; service messages are nobody's to forward."""
    await client(forward(source, target, [1, 4, 5], [1, 2, 3]))
    assert len(target.messages) == 1
    with pytest.raises(errors.MessageIdInvalidError):
        await client(forward(source, target, [4, 5], [4, 5]))


async def test_forwarding_may_be_forbidden(
    client: TelegramClient, source: Channel, target: Channel
) -> None:
    """By the source, or by the target."""
    target.writable = False
    with pytest.raises(errors.ChatWriteForbiddenError):
        await client(forward(source, target, [1], [1]))
    source.noforwards = True
    with pytest.raises(errors.ChatForwardsRestrictedError):
        await client(forward(source, target, [1], [1]))
    assert target.messages == {}


async def test_the_first_author_stays(
    client: TelegramClient, telegram: Telegram, source: Channel, target: Channel
) -> None:
    """A copy of a copy names the original."""
    last = telegram.channel("Last", writable=True)
    await client(forward(source, target, [1], [1]))
    await client(forward(target, last, [1], [2]))
    assert last.messages[1].fwd_from.from_id.channel_id == source.id
