"""Channels that cannot be read or compared: said, asked about again, and the others go on."""

import pytest
from telethon.tl import functions

from tests.telegram.call import Call
from tests.telegram.channel import Channel
from tests.telegram.gateway_user import Site, told
from tests.telegram.refusal import RefusedError
from tests.telegram.world import Telegram
from tests.waiting import eventually


@pytest.fixture
def channel(site: Site, telegram: Telegram) -> Channel:
    """A declared channel with three messages; everything is compared all the time."""
    channel = telegram.channel("Mesa", username="mesa")
    for number in range(3):
        channel.post(f"sinal {number}", push=False)
    site.declare(channel)
    site.fields["reconcile_seconds"] = 0.05
    return channel


async def test_a_channel_that_shuts_us_out(
    site: Site, telegram: Telegram, channel: Channel
) -> None:
    """The others go on; it is asked about again, and goes on where it was."""
    other = telegram.channel("Outra", username="outra")
    site.declare(channel, other)
    async with site.running() as source:
        await site.holds(channel)
        channel.ban(push=False)
        await eventually(lambda: "channels" in source.state.alarms)
        assert (await site.row(channel))["state"] == "no_access"
        assert str(channel.marked_id) in source.state.alarms["channels"]
        other.post("goes on")
        await site.holds(other)
        channel.unban()
        channel.post("back", push=False)
        await site.holds(channel)
        await eventually(lambda: "channels" not in source.state.alarms)
        assert (await site.row(channel))["state"] == "tracked"


@pytest.mark.parametrize(
    "refusal",
    [(400, "CHANNEL_PRIVATE"), (403, "CHAT_WRITE_FORBIDDEN"), (400, "SOMETHING_NEW_INVALID")],
)
async def test_a_channel_that_stays_shut(
    site: Site, channel: Channel, refusal: tuple[int, str]
) -> None:
    """It is asked about again and again, whatever is answered."""
    async with site.running() as source:
        await site.holds(channel)
        channel.ban()
        await eventually(lambda: "private" in source.state.alarms.get("channels", ""))
        site.server.faults.fail("channels.GetChannels", *refusal, times=2)
        channel.unban()
        channel.post("back", push=False)
        await site.holds(channel)
        await eventually(lambda: "channels" not in source.state.alarms)
    assert site.server.count("channels.GetChannels") >= 3


async def test_a_ban_is_noticed_at_once(site: Site, channel: Channel) -> None:
    """By Telegram's word, long before the next comparison; what comes after it, too."""
    site.fields["reconcile_seconds"] = 600.0
    async with site.running() as source:
        await site.holds(channel)
        channel.ban()
        await eventually(lambda: "channels" in source.state.alarms)
        channel.unban()
        channel.post("back")
        await site.holds(channel)
        await eventually(lambda: "channels" not in source.state.alarms)


async def test_too_much_to_be_pushed(site: Site, channel: Channel) -> None:
    """Telegram says no more than that: what the library then asks for itself is taken at once.

    It keeps edits and deletions to itself; those come with the next comparison.
    """
    site.fields["reconcile_seconds"] = 600.0
    async with site.running():
        channel.post("pushed")
        await site.holds(channel)
        channel.post("withheld", push=False)
        channel.edit(1, "corrigido", push=False)
        channel.delete([2], push=False)
        channel.push_too_long()

        async def came() -> bool:
            return (await site.texts(channel)).get(5) == "withheld"

        await eventually(came)
    async with site.running():
        assert await site.texts(channel) == told(channel)


async def test_a_channel_that_cannot_be_compared(
    site: Site, telegram: Telegram, channel: Channel
) -> None:
    """Health says which and why; the others go on, and it is well again by itself."""
    other = telegram.channel("Outra", username="outra")
    site.declare(channel, other)
    asked = functions.updates.GetChannelDifferenceRequest
    answer = site.server.answers[asked]

    def refused(call: Call) -> object:
        if call.request.channel.channel_id == channel.id:
            raise RefusedError(400, "SOMETHING_NEW_INVALID")
        return answer(call)

    site.server.answers[asked] = refused
    async with site.running() as source:
        channel.post("withheld", push=False)
        said = f"1 channels could not be compared: {channel.marked_id} (SOMETHING_NEW_INVALID)"
        await eventually(lambda: source.state.alarms.get("reconcile") == said)
        other.post("goes on", push=False)
        await site.holds(other)
        site.server.answers[asked] = answer
        await site.holds(channel)
        await eventually(lambda: "reconcile" not in source.state.alarms)
    assert site.counted("telegram_reconciles_total", result="failed") >= 1


async def test_a_channel_that_is_gone(site: Site, telegram: Telegram, channel: Channel) -> None:
    """Telegram knows it no more; a stranger who takes its name is not taken for it."""
    site.declare("@mesa", channel)
    async with site.running() as source:
        channel.ban("CHANNEL_INVALID", push=False)
        await eventually(lambda: "gone" in source.state.alarms.get("channels", ""))
        stranger = telegram.channel("Mesa", username="mesa")
        asked = site.server.count("contacts.ResolveUsername")
        stranger.post("COMPRA XXXX3")
        await eventually(lambda: site.server.count("contacts.ResolveUsername") > asked + 1)
        assert await site.texts(stranger) == {}
        assert set(source.channels) == {channel.marked_id}
    row = await site.row(channel)
    assert (row["state"], row["access_hash"]) == ("gone", channel.access_hash)


async def test_a_channel_that_was_left(site: Site, channel: Channel) -> None:
    """The account has to join it."""
    async with site.running() as source:
        channel.joined = False
        await eventually(lambda: "join the channel" in source.state.alarms.get("channels", ""))
