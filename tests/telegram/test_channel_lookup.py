"""How a declared channel is found at Telegram, and what is said of one that is not."""

from dataclasses import replace
from typing import Any

import pytest
from telethon.tl import functions, types

from tests.telegram.call import Call
from tests.telegram.channel import Channel, now
from tests.telegram.gateway_user import SHORT, Site
from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.world import Push, Telegram
from tests.waiting import eventually

GROUP = 4321
NEVER = replace(SHORT, retry_channel=600.0)  # what is found, is found because something told


def alarm(source: Any) -> str:
    """What health says about channels."""
    return str(source.state.alarms.get("channels", ""))


def with_message(channel: Channel) -> Channel:
    """The channel, after a message."""
    channel.post("sinal", push=False)
    return channel


def answer_dialogs(server: MtprotoServer, change: Any) -> None:
    """Change each page of dialogs before it is sent."""
    answer = server.answers[functions.messages.GetDialogsRequest]

    def changed(call: Call) -> Any:
        page = answer(call)
        change(page)
        return page

    server.answers[functions.messages.GetDialogsRequest] = changed


async def test_a_name_of_a_person(site: Site, telegram: Telegram) -> None:
    """It is no channel, and that is what is said."""
    telegram.me.username = "ana_paula"
    site.declare("@ana_paula")
    async with site.running() as source:
        assert "@ana_paula is a person or a bot, no channel" in alarm(source)


@pytest.mark.parametrize("seconds", [0.05, 0.3], ids=["often", "more rarely than asked again"])
async def test_channels_that_were_joined_later(
    site: Site, telegram: Telegram, seconds: float
) -> None:
    """One pass looks for both, and says what to do; once they are joined, another finds them."""
    site.fields["reconcile_seconds"] = seconds
    both = [with_message(telegram.channel(name, joined=False)) for name in ("Um", "Dois")]
    site.declare(*both)
    async with site.running() as source:
        assert alarm(source).count("join the channel in Telegram") == 2
        assert site.server.count("messages.GetDialogs") == 1
        for each in both:
            each.joined = True
            await site.holds(each)
        await eventually(lambda: not alarm(source))


async def test_a_channel_that_is_joined_at_once(site: Site, telegram: Telegram) -> None:
    """Telegram tells of it, and the dialogs that were read before are read anew."""
    channel = with_message(telegram.channel("Mesa", joined=False))
    site.declare(channel)
    async with site.running(pace=NEVER) as source:
        assert "join the channel" in alarm(source)
        channel.joined = True
        shadow = types.Channel(
            channel.id, "Mesa", types.ChatPhotoEmpty(), now(), min=True, access_hash=1
        )
        joined = types.UpdateChannel(channel.id)
        telegram.push(Push(types.Updates([joined], [], [shadow], now(), 0)))
        await site.holds(channel)
        assert (await site.row(channel))["access_hash"] == channel.access_hash


@pytest.mark.parametrize("answer", ["ChannelForbidden", "CHANNEL_PRIVATE"])
async def test_a_channel_of_the_session_that_shuts_us_out(
    site: Site, telegram: Telegram, answer: str
) -> None:
    """Known by the hash that the session has seen, though it was never followed before."""
    site.fields["reconcile_seconds"] = 0.05
    other, channel = (with_message(telegram.channel(name)) for name in ("Outra", "Mesa"))
    site.declare(other)
    async with site.running():
        pass
    assert site.server.count("messages.GetDialogs") == 1
    site.declare(other, channel)
    channel.ban(push=False)
    if answer == "CHANNEL_PRIVATE":
        site.server.faults.fail("channels.GetChannels", 400, "CHANNEL_PRIVATE", times=2)
    async with site.running() as source:
        assert f"{channel.marked_id} (no_access: private, or the account was" in alarm(source)
        await site.holds(other)
        channel.unban()
        await site.holds(channel)
    assert site.server.count("messages.GetDialogs") == 1


async def test_a_basic_group(site: Site, telegram: Telegram) -> None:
    """It cannot be followed; as soon as it is a supergroup, it is, without waiting for an hour."""

    def told(_call: Call) -> Any:
        heir = next((each.input for each in telegram.channels.values()), None)
        photo = types.ChatPhotoEmpty()
        return types.messages.Chats(
            [types.Chat(GROUP, "Grupo", photo, 2, now(), 1, migrated_to=heir)]
        )

    site.server.answers[functions.messages.GetChatsRequest] = told
    site.declare(-GROUP)
    async with site.running(pace=NEVER) as source:
        assert "make it a supergroup" in alarm(source)
        heir = telegram.migrate(GROUP, "Grupo")
        heir.post("sinal", push=False)
        await site.holds(heir)
        await eventually(lambda: not alarm(source))


async def test_a_group_that_is_not_the_account_s(site: Site, telegram: Telegram) -> None:
    """Telegram refuses to tell of it: said, and not asked again at every turn."""
    site.fields["reconcile_seconds"] = 0.05
    site.server.answers[functions.messages.GetChatsRequest] = lambda _: types.messages.Chats([])
    site.server.faults.fail("messages.GetChats", 400, "CHAT_ID_INVALID", times=None)
    site.declare(-GROUP, telegram.channel("Mesa"))
    async with site.running(pace=NEVER) as source:
        assert "knows no such group for this account" in alarm(source)
        await eventually(lambda: site.server.count("messages.GetPeerDialogs") > 2)
    assert site.server.count("messages.GetChats") == 1


async def test_a_page_of_dialogs_with_a_message_missing(site: Site, telegram: Telegram) -> None:
    """The next page begins where the last known message is: nobody is passed over."""
    many = [with_message(telegram.channel(f"Canal {number}")) for number in range(150)]
    site.declare(many[0])

    def drop_last(page: Any) -> None:
        page.messages.pop()
        page.chats.append(types.Chat(GROUP, "Grupo", types.ChatPhotoEmpty(), 2, now(), 1))

    answer_dialogs(site.server, drop_last)
    async with site.running():
        await site.holds(many[0])
    assert site.server.count("messages.GetDialogs") == 2


async def test_a_page_of_dialogs_without_messages(site: Site, telegram: Telegram) -> None:
    """Nothing says where the next one would begin: the pass ends, and the channel is missing."""
    many = [with_message(telegram.channel(f"Canal {number}")) for number in range(150)]
    site.declare(many[0])
    answer_dialogs(site.server, lambda page: page.messages.clear())
    async with site.running() as source:
        assert "not among the account's chats" in alarm(source)
    assert site.server.count("messages.GetDialogs") == 1
