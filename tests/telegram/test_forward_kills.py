"""The forwarder in a real gateway process that is killed again and again."""

import random
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from gateway_outbox.tracked_channel import MARK
from tests.telegram.bot_api_server import TOKEN as BOT_TOKEN
from tests.telegram.bot_api_server import bot_api_server
from tests.telegram.bot_updates import CHANNEL, post
from tests.telegram.channel import Channel
from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.user_gateway import UserGateway
from tests.telegram.world import Telegram
from tests.waiting import eventually

_SEED = 4711
_STORED = "SELECT count(DISTINCT message_id) FROM outbox WHERE channel_id = ?"


async def post_often(channel: Channel, dice: random.Random, count: int) -> None:
    """So many posts, some of them albums, some without a push."""
    while count > 0:
        size = dice.choice((1, 1, 1, 3))
        group: dict[str, Any] = {"grouped_id": dice.getrandbits(50)} if size > 1 else {}
        for _ in range(min(size, count)):
            channel.post(f"new {count}", push=dice.random() > 0.2, **group)
            count -= 1
        await anyio.sleep(dice.uniform(0, 0.8))


async def forwarded_over_kills(folder: Path, server: MtprotoServer, kills: int, posts: int) -> None:
    """In order, albums together, history never; requests are lost before and after they are done.

    The gateway is killed at random moments, each time in the middle of something else.
    """
    dice = random.Random(_SEED)
    mesa, target = server.telegram.channels.values()
    gateway = UserGateway(folder, server, FORWARD_PER_MINUTE="6000")
    gateway.declare(mesa, destination=target)
    async with gateway.running(), anyio.create_task_group() as tasks:
        await gateway.seen(mesa)
        tasks.start_soon(post_often, mesa, dice, posts)
        for number in range(kills):
            if number % 3 == 0:
                server.faults.drop("messages.ForwardMessages", after=number % 2 == 0)
            await anyio.sleep(dice.uniform(0.1, 1.2))
            await gateway.kill()
            await gateway.start()
    question = "SELECT count(*) FROM forward WHERE state = 'forwarded'"
    async with gateway.running():
        await eventually(lambda: gateway.number(question) == posts, 60)
    copies = [copy for _, copy in sorted(target.messages.items())]
    originals = [mesa.messages[copy.fwd_from.channel_post] for copy in copies]
    assert [each.id for each in originals] == list(range(6, 6 + posts))
    pairs = {(o.grouped_id, c.grouped_id) for o, c in zip(originals, copies, strict=True)}
    assert len(pairs) == len({original for original, _ in pairs}), "an album was torn apart"
    assert gateway.number(_STORED, mesa.marked_id) == 5 + posts


async def test_each_message_is_forwarded_once_over_some_kills(
    tmp_path: Path, server: MtprotoServer, telegram: Telegram, mesa: Channel
) -> None:
    """5 kills while 30 messages are posted."""
    telegram.channel("Saída", writable=True)
    assert mesa.last_id == 5
    await forwarded_over_kills(tmp_path, server, 5, 30)


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_each_message_is_forwarded_once_over_twenty_kills(
    tmp_path: Path, server: MtprotoServer, telegram: Telegram, mesa: Channel
) -> None:
    """20 kills while 120 messages are posted."""
    telegram.channel("Saída", writable=True)
    assert mesa.last_id == 5
    await forwarded_over_kills(tmp_path, server, 20, 120)


async def test_what_the_bot_hears_is_forwarded_once(
    tmp_path: Path, server: MtprotoServer, telegram: Telegram
) -> None:
    """The same message through bot and user session is one row and one copy."""
    mesa = telegram.channel("Mesa", id=-MARK - CHANNEL)
    target = telegram.channel("Saída", writable=True)
    async with bot_api_server() as bots:
        gateway = UserGateway(
            tmp_path,
            server,
            TELEGRAM_INGESTION_BOT_TOKEN=BOT_TOKEN,
            TELEGRAM_BOT_API_BASE=bots.base,
            RECONCILE_SECONDS="1",
        )
        gateway.declare(mesa, destination=target)
        async with gateway.running():
            await gateway.seen(mesa)
            await eventually(lambda: bots.waiting == 1)
            for number in (1, 2, 3):
                date = int(time.time())
                bots.publish("channel_post", post(number, date=date), date=date)
                mesa.post(f"mensagem {number}", push=number == 2)
            await eventually(lambda: len(target.messages) == 3)
            mesa.post("marker")
            await eventually(lambda: len(target.messages) == 4)
    copies = [copy.fwd_from.channel_post for _, copy in sorted(target.messages.items())]
    assert copies == [1, 2, 3, 4]
    assert gateway.number("SELECT count(*) FROM outbox") == 4
