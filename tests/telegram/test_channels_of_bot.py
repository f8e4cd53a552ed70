"""A channel that the bot alone can read, in a gateway that has a user session as well."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.secret import Secret
from gateway_outbox.channels_file import Channels
from tests.telegram.bot_api_server import TOKEN, bot_api_server
from tests.telegram.bot_bench import Bench
from tests.telegram.bot_updates import CHANNEL, chat, post
from tests.telegram.gateway_user import Site
from tests.telegram.world import Telegram
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def bench(site: Site, telegram: Telegram, tmp_path: Path) -> AsyncIterator[Bench]:
    """The bot of the same gateway: one outbox, and a channel that each of the two reads."""
    mesa = telegram.channel("Mesa", username="mesa")
    site.declare(mesa, CHANNEL)
    site.fields |= {"reconcile_seconds": 0.05, "telegram_ingestion_bot_token": Secret(TOKEN)}
    async with bot_api_server() as server:
        channels = Channels(site.settings)
        path = tmp_path / "outbox.sqlite3"
        yield Bench(server, site.outbox, site.telemetry, channels, path)


async def heard(bench: Bench, kind: str, body: dict[str, Any]) -> None:
    """The bot takes one update, and is gone."""
    bench.server.publish(kind, body)
    async with bench.running():
        await eventually(lambda: not bench.server.unconfirmed)


def membership(status: str) -> dict[str, Any]:
    """What the bot is in the channel now."""
    return {"chat": chat(), "new_chat_member": {"status": status}}


async def test_a_channel_that_the_bot_reads_is_no_trouble(site: Site, bench: Bench) -> None:
    """From its first message on, and after a restart; what the session knows is still shown."""
    async with site.running() as source:
        assert str(CHANNEL) in source.state.alarms["channels"]
        await heard(bench, "channel_post", post(1))
        await eventually(lambda: "channels" not in source.state.alarms)
    async with site.running() as source:
        assert source.state.alarms == {}
        shown = source.state.observed["channels"]
    assert (shown["followed"], shown["troubles"]) == (1, {})
    assert "not a member" in shown["by_bot"][str(CHANNEL)]


async def test_it_is_read_from_the_moment_that_the_bot_is_let_in(site: Site, bench: Bench) -> None:
    """A new channel may say nothing for days; and the bot can be put out of it again."""
    await heard(bench, "my_chat_member", membership("administrator"))
    async with site.running() as source:
        assert source.state.alarms == {}
        await heard(bench, "my_chat_member", membership("kicked"))
        await eventually(lambda: str(CHANNEL) in source.state.alarms.get("channels", ""))


async def test_without_the_bot_nobody_reads_it(site: Site, bench: Bench) -> None:
    """What it heard in another life does not count once its token is taken out."""
    await heard(bench, "channel_post", post(1))
    site.fields["telegram_ingestion_bot_token"] = None
    async with site.running() as source:
        assert str(CHANNEL) in source.state.alarms["channels"]


async def test_a_gateway_whose_channels_are_all_the_bot_s(site: Site, bench: Bench) -> None:
    """They are declared: nobody is told to declare some."""
    site.declare(CHANNEL)
    await heard(bench, "channel_post", post(1))
    async with site.running() as source:
        assert source.state.alarms == {}


async def test_the_destination_is_for_the_session_alone(site: Site, bench: Bench) -> None:
    """It forwards; that the bot is there too does not help it."""
    await heard(bench, "channel_post", post(1))
    site.declare("@mesa")
    site.fields["telegram_destination_channel_id"] = CHANNEL
    async with site.running() as source:
        assert str(CHANNEL) in source.state.alarms["channels"]


async def test_a_stranger_s_channel_is_not_noted(bench: Bench) -> None:
    """Anyone can make the bot an administrator of a channel of theirs."""
    stranger = membership("administrator") | {"chat": chat(-1009)}
    await heard(bench, "my_chat_member", stranger)
    assert bench.rows("SELECT name FROM mark") == [("bot_last_poll_ms",)]
