"""Telegram's own faults and floods."""

import anyio

from tests.soak.patience import met
from tests.soak.site import Site
from tests.telegram.bot_api_server import Fault as BotFault

_BURST = 150
_ASKED = ("updates.GetChannelDifference", "messages.GetPeerDialogs", "messages.GetDialogs")


async def rpc_answers(site: Site, seconds: float, *, code: int, text: str) -> int:
    """The next request that compares is refused."""
    faults = site.mtproto.faults
    taken = 0
    for name in _ASKED[:2]:
        faults.fail(name, code, text)
        taken += await met(lambda name=name: not faults._scripts.get(name))  # type: ignore[misc]
    faults.clear()
    await anyio.sleep(seconds / 4)
    return taken


async def bot_answers(site: Site, seconds: float, *, faults: tuple[BotFault, ...]) -> int:
    """The bot's next requests for updates are answered by these."""
    bot = site.bot
    before = sum(bot.faulted[each] for each in faults)
    bot.faults.extend(faults)
    await met(lambda: not bot.faults)
    bot.faults.clear()
    await anyio.sleep(seconds / 4)
    return sum(bot.faulted[each] for each in faults) - before


async def burst(site: Site, seconds: float) -> int:
    """Many messages in one channel at once."""
    site.traffic.burst(_BURST)
    await anyio.sleep(seconds / 4)
    return 1


async def too_long(site: Site, seconds: float) -> int:
    """More withheld messages than the channel's log reaches back."""
    before = site.too_long
    site.traffic.burst(site.options.window + 20, push=False, user_only=True)
    await met(lambda: site.too_long > before)
    await anyio.sleep(seconds / 4)
    return site.too_long - before
