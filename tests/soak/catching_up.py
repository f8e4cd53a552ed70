"""Whether all that was posted has reached the database, and the outbox has come to rest."""

import sqlite3
import time
from collections.abc import Collection
from contextlib import closing

import anyio
import anyio.to_thread
import psycopg

from contracts.message import Key
from tests.soak.site import Site

_PAUSE = 0.25
_PENDING = "SELECT count(*) FROM outbox WHERE state = 'pending'"
_FOUND = """
select channel_id, message_id from tp_capital.messages
 where (channel_id, message_id) in (select * from unnest(%s::bigint[], %s::bigint[]))
"""


class CatchingUpError(AssertionError):
    """What was told is still not there long after the last fault."""


async def caught_up(site: Site, seconds: float) -> float:
    """Wait until all that was posted before now is stored; returns for how long.

    What has been seen there once must be there at the end. Raises CatchingUpError.
    """
    begun, book = time.monotonic(), site.traffic.book
    wanted = book.awaited()
    while wanted := wanted & book.awaited():
        book.confirm(await anyio.to_thread.run_sync(_stored, site.dsn, wanted))
        if not wanted & book.awaited():
            break
        if time.monotonic() - begun > seconds:
            left = sorted(wanted & book.awaited())
            raise CatchingUpError(f"{len(left)} messages not stored in {seconds} s, as {left[:3]}")
        await anyio.sleep(_PAUSE)
    return time.monotonic() - begun


async def at_rest(site: Site, seconds: float) -> None:
    """Wait until Telegram has nothing new and the outbox nothing pending. Raises CatchingUpError.

    A channel is compared when our cursor stands where Telegram's log ends.
    """
    deadline = time.monotonic() + seconds
    while unrest := _unrest(site):
        if time.monotonic() > deadline:
            raise CatchingUpError(f"no rest within {seconds} s: {unrest}")
        await anyio.sleep(_PAUSE)


def _unrest(site: Site) -> str:
    ends = {channel.marked_id: channel.pts for channel in site.traffic.user_channels}
    with closing(sqlite3.connect(f"{site.outbox.as_uri()}?mode=ro", uri=True)) as reader:
        cursors = dict(reader.execute("SELECT channel_id, pts FROM channel"))
        behind = {id_: (cursors.get(id_), pts) for id_, pts in ends.items()}
        behind = {id_: both for id_, both in behind.items() if both[0] != both[1]}
        if behind:
            return f"cursors behind {behind}"
        if waiting := len(site.bot.unconfirmed):
            return f"{waiting} updates of the bot unconfirmed"
        (pending,) = reader.execute(_PENDING).fetchone()
        return f"{pending} rows pending" if pending else ""


def _stored(dsn: str, keys: Collection[Key]) -> set[Key]:
    channels, numbers = [key.channel_id for key in keys], [key.message_id for key in keys]
    with psycopg.connect(dsn) as connection:
        return {Key(*row) for row in connection.execute(_FOUND, [channels, numbers])}
