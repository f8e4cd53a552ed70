"""The gateway is killed and disconnected again and again while Telegram goes on."""

import json
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import anyio.to_thread
import pytest
from telethon.tl import functions, types

from tests.gateway_process import GatewayProcess
from tests.telegram.call import Call
from tests.telegram.channel import Channel
from tests.telegram.client import API_HASH, API_ID
from tests.telegram.gateway_user import told
from tests.telegram.mtproto_server import MtprotoServer, running_server
from tests.telegram.restless import Restless
from tests.telegram.session import write_session
from tests.telegram.world import Telegram
from tests.waiting import eventually

_SEED = 4711
_RATE = 60  # things done in Telegram, a second
_WINDOW = 12  # events that a channel's log reaches back: at this rate less than a second
_NOBODY = "http://127.0.0.1:1/ingest"


class Torment(NamedTuple):
    """How hard: so many kills and as many drops, each up to `longest` seconds after the last."""

    blows: int
    longest: float


class Ordeal:
    """A gateway's process, the Telegram that it follows, and what was done to both."""

    def __init__(self, folder: Path, server: MtprotoServer, told_by: Restless) -> None:
        self.server = server
        self.restless = told_by
        self.counts: Counter[str] = Counter()
        self._count_too_long()
        self.outbox = folder / "outbox.sqlite3"
        session = folder / "session"
        session.mkdir(mode=0o700)
        write_session(session / "gateway.session", server.telegram.login(), server.port)
        names = ",".join(f"@{channel.username}" for channel in told_by.channels)
        self.gateway = GatewayProcess(
            self.outbox,
            _NOBODY,
            folder / "gateway.log",
            SESSION_DIR=str(session),
            CHANNELS_FILE=str(folder / "channels.toml"),
            TELEGRAM_API_ID=str(API_ID),
            TELEGRAM_API_HASH=API_HASH,
            TELEGRAM_DC=f"2@127.0.0.1:{server.port}",
            TELEGRAM_SOURCE_CHANNELS=names,
            RECONCILE_SECONDS="0.5",
            MAX_DELETIONS="1000",
            DRAIN_SECONDS="0",
        )

    async def torment(self, torment: Torment) -> None:
        """Kills and drops in pairs, in an order and at moments that the seed tells."""
        dice = random.Random(_SEED)
        for number in range(torment.blows):
            blows = [self._kill, self._drop]
            dice.shuffle(blows)
            for blow in blows:
                await blow(dice.uniform(0, torment.longest), number)

    async def _kill(self, seconds: float, number: int) -> None:
        """SIGKILL, or each tenth time SIGTERM; then start again.

        At any moment of its life, and every second time at one when it is connected.
        """
        await anyio.sleep(seconds)
        if number % 2:
            await eventually(lambda: bool(self.server.connections))
        self.counts["kills of a connected one"] += bool(self.server.connections)
        if number % 10 == 9:
            self.gateway.signal(signal.SIGTERM)
            await anyio.to_thread.run_sync(self.gateway.wait)
            self.counts["terms"] += 1
        await anyio.to_thread.run_sync(self.gateway.kill)
        self.counts["kills"] += 1
        if number == 0:
            await self._too_much()
        self.gateway.launch()

    async def _too_much(self) -> None:
        """Wait until more has happened in a channel than its log holds, however slow we are."""
        pts = {channel.id: channel.pts for channel in self.restless.channels}
        await eventually(
            lambda: any(each.pts > pts[each.id] + _WINDOW for each in self.restless.channels)
        )

    async def followed(self) -> None:
        """Wait until every channel has been compared once: from then on a gap has a beginning."""
        question = "SELECT count(*) FROM channel WHERE state = 'tracked' AND pts IS NOT NULL"
        await eventually(lambda: self.number(question) == len(self.restless.channels), 30)

    async def _drop(self, seconds: float, _number: int) -> None:
        """End the connection, once there is one."""
        await anyio.sleep(seconds / 3)
        await eventually(lambda: bool(self.server.connections))
        self.counts["drops"] += 1
        self.server.drop_all()

    def _count_too_long(self) -> None:
        """Count the gaps that only a history can fill."""
        asked = functions.updates.GetChannelDifferenceRequest
        answer = self.server.answers[asked]

        def counted(call: Call) -> Any:
            found = answer(call)
            is_too_long = isinstance(found, types.updates.ChannelDifferenceTooLong)
            self.counts["too long"] += is_too_long
            return found

        self.server.answers[asked] = counted

    async def agreed(self) -> bool:
        """Whether the outbox says of every channel what the channel says."""
        return all(not differences(self.outbox, each) for each in self.restless.channels)

    def number(self, question: str) -> int:
        """One number out of the outbox."""
        return int(rows(self.outbox, question)[0][0])


def rows(outbox: Path, question: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the outbox file, read beside its owner."""
    with closing(sqlite3.connect(f"{outbox.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(question, values).fetchall()


def differences(outbox: Path, channel: Channel) -> list[str]:
    """What the outbox has otherwise than the channel: lost, stale, not deleted, made up."""
    question = "SELECT message_id, revision, payload FROM outbox WHERE channel_id = ? ORDER BY seq"
    latest: dict[int, tuple[int, str]] = {}
    deleted = set()
    for id_, revision, payload in rows(outbox, question, channel.marked_id):
        if revision == -1:
            deleted.add(id_)
        elif revision >= latest.get(id_, (0, ""))[0]:
            latest[id_] = (revision, json.loads(payload)["text"])
    stored = {id_: text for id_, (_, text) in latest.items() if id_ not in deleted}
    posted = told(channel)
    return [
        f"{channel.title} {id_}: {stored.get(id_)!r} and not {posted.get(id_)!r}"
        for id_ in sorted(set(stored) | set(posted))
        if stored.get(id_) != posted.get(id_)
    ]


async def survive(folder: Path, torment: Torment) -> Ordeal:
    """Torment a gateway, let all come to rest, and check every message."""
    telegram = Telegram(seed=_SEED)
    restless = Restless(telegram, channels=4, window=_WINDOW, seed=_SEED)
    begun = time.monotonic()
    async with running_server(telegram) as server:
        ordeal = Ordeal(folder, server, restless)
        try:
            await anyio.to_thread.run_sync(ordeal.gateway.start)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(restless.live, _RATE)
                await ordeal.followed()
                await ordeal.torment(torment)
                tasks.cancel_scope.cancel()
            with suppress(TimeoutError):  # what is not so is then said below, message by message
                await eventually(ordeal.agreed, 30)
            ordeal.gateway.signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(ordeal.gateway.wait) == 0
        finally:
            await anyio.to_thread.run_sync(ordeal.gateway.kill)
    check(ordeal)
    print(f"{dict(ordeal.counts)}, {dict(restless.done)} in {time.monotonic() - begun:.1f} s")
    return ordeal


def check(ordeal: Ordeal) -> None:
    """Each message once, as it is now, the deleted ones deleted, nothing besides; all was tried."""
    for channel in ordeal.restless.channels:
        assert differences(ordeal.outbox, channel) == []
    assert ordeal.server.unscripted == []
    assert ordeal.number("SELECT count(*) FROM undecoded") == 0
    assert ordeal.number("SELECT count(*) FROM held_deletion") == 0
    assert ordeal.number("SELECT count(*) FROM outbox WHERE revision = -1") > 0
    assert ordeal.number("SELECT count(*) FROM outbox WHERE revision > 0") > 0
    done, counts = ordeal.restless.done, ordeal.counts
    assert min(done["posted"], done["edited"], done["deleted"], done["withheld"]) > 0
    assert counts["too long"] > 0
    assert counts["kills of a connected one"] > counts["kills"] // 2 - 1


@pytest.mark.timeout(60)
async def test_some_kills_and_drops_lose_nothing(tmp_path: Path) -> None:
    """10 of each in some seconds."""
    ordeal = await survive(tmp_path, Torment(blows=10, longest=0.8))
    assert (ordeal.counts["kills"], ordeal.counts["drops"]) == (10, 10)


@pytest.mark.long(minutes=3)
@pytest.mark.timeout(300)
async def test_a_hundred_kills_and_drops_lose_nothing(tmp_path: Path) -> None:
    """100 of each, while every channel's log is so short that many a gap is too long for it."""
    ordeal = await survive(tmp_path, Torment(blows=100, longest=1.6))
    assert (ordeal.counts["kills"], ordeal.counts["drops"]) == (100, 100)
    assert ordeal.counts["terms"] == 10
