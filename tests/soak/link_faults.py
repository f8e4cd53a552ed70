"""Faults of the network between two parts."""

import anyio

from tests.soak.patience import met
from tests.soak.site import Site


async def cut(site: Site, seconds: float, *, link: str) -> int:
    """Every connection ends, and new ones are refused for a while."""
    proxy = site.links[link]
    await met(lambda: proxy.carries)
    before = proxy.cut
    await proxy.close()
    await anyio.sleep(seconds)
    await proxy.open()
    return proxy.cut - before


async def delayed(site: Site, seconds: float, *, link: str) -> int:
    """Nothing comes through, and then all of it."""
    proxy, before = site.links[link], site.links[link].delayed
    proxy.hold()
    await met(lambda: proxy.delayed > before)
    await anyio.sleep(seconds)
    proxy.let_go()
    return proxy.delayed - before


async def garbled(site: Site, seconds: float, *, link: str) -> int:
    """What comes back begins with noise."""
    proxy, before = site.links[link], site.links[link].garbled
    proxy.is_garbling = True
    await met(lambda: proxy.garbled > before)
    await anyio.sleep(min(seconds, 2.0))
    proxy.is_garbling = False
    return proxy.garbled - before
