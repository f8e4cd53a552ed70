"""Faults of the machine and of its settings."""

import random
import sqlite3
import time
from contextlib import closing

import anyio

from tests.messages import TOKEN
from tests.soak.patience import met
from tests.soak.site import Site

_OTHER = "another-token-that-is-as-long-as-it-must-be"
_STEPS = (-7200, -600, -20, 20, 600, 7200)
_NEAR = 5.0


async def full_disk(site: Site, seconds: float) -> int:
    """The outbox's disk has no space, until it has."""
    await met(lambda: site.gateway.logged("service.ready") > 0)
    before = site.gateway.logged("outbox.held")
    site.disk.fill()
    try:
        if site.options.is_hasty:  # else the traffic alone fills what is left
            site.traffic.burst(400)
        is_held = await met(lambda: site.gateway.logged("outbox.held") > before, 40)
        await anyio.sleep(seconds if is_held else 0)
    finally:
        site.disk.clear()
    return int(is_held)


async def wrong_token(site: Site, seconds: float) -> int:
    """The API has another token than the gateway; then the right one again."""
    link, before = site.links["api"], site.links["api"].unauthorized
    environ = site.api.process._environ
    environ["GATEWAY_SECRET_TOKEN"] = _OTHER
    await site.api.stop()
    await site.api.start()
    try:
        is_refused = await met(lambda: link.unauthorized > before)
        await anyio.sleep(seconds)
    finally:
        environ["GATEWAY_SECRET_TOKEN"] = TOKEN
        await site.api.kill()
        await site.api.start()
    return int(is_refused)


async def clock_step(site: Site, seconds: float) -> int:
    """The wall clock of both services jumps, and some time later jumps back."""
    step = random.Random(site.traffic.book.done["messages"]).choice(_STEPS)
    await met(lambda: site.gateway.logged("service.ready") > 0)
    site.clock.step(step)
    try:
        is_seen = await met(lambda: abs(_outbox_ahead(site) - step) < _NEAR, 10)
        await anyio.sleep(seconds)
    finally:
        site.clock.step(0)
    await met(lambda: abs(_outbox_ahead(site)) < _NEAR, 10)
    return int(is_seen)


def _outbox_ahead(site: Site) -> float:
    """How far the clock that the outbox's newest row was written by is ahead, about."""
    question = "SELECT appended_ms FROM outbox ORDER BY seq DESC LIMIT 1"
    with closing(sqlite3.connect(f"{site.outbox.as_uri()}?mode=ro", uri=True)) as reader:
        found = reader.execute(question).fetchone()
    return float(found[0]) / 1000 - time.time() if found else 0.0
