"""GET /signals/stream: every change, from every replica, without a hole."""

import random
import signal
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp
import anyio
import psycopg

from contracts.exit_status import ExitStatus
from ingest_api.signals import signal_stream
from ops.embedded_postgres import EmbeddedPostgres
from tests.api_process import ApiProcess
from tests.ingest_api.listening import listening, post
from tests.ingest_api.messages import CHATTER, SIGNAL, body
from tests.ingest_api.test_ingest import HEADERS
from tests.waiting import eventually


async def test_a_listener_sees_what_becomes_of_a_signal(own_api: ApiProcess) -> None:
    """New, edited, withdrawn: each as GET /signals shows it."""
    async with listening(own_api.url) as stream:
        await post(own_api, body(1), body(2, CHATTER))
        (new,) = await stream.signals(1)
        async with aiohttp.ClientSession(own_api.url) as session, session.get("/signals") as shown:
            assert (await shown.json())["data"] == [new]
        edit = body(1, f"{SIGNAL}\nok", editedAt="2025-10-25T14:00:00Z")
        await post(own_api, edit)
        (edited,) = await stream.signals(1)
        assert (edited["id"], edited["revision"], edited["status"]) == (new["id"], 2, "active")
        await post(own_api, body(1, "", deletedAt="2025-10-25T15:00:00Z"))
        (gone,) = await stream.signals(1)
        assert (gone["id"], gone["status"]) == (new["id"], "withdrawn")


async def test_every_replica_sees_every_signal_soon(start_api: Callable[..., ApiProcess]) -> None:
    """Posted to one API, heard from another; half a second from commit to event is far off."""
    one, other = start_api(), start_api()
    waits = []
    async with listening(other.url) as stream:
        for number in range(1, 101):
            await post(one, body(number))
            committed = perf_counter()
            (row,) = await stream.signals(1)
            waits.append(perf_counter() - committed)
            assert row["message_id"] == number
    assert sorted(waits)[98] < 0.5


async def test_a_listener_that_comes_back_has_missed_nothing(own_api: ApiProcess) -> None:
    """Whatever was committed while it was away, in order, from the place of its last event."""
    async with listening(own_api.url) as stream:
        await post(own_api, body(1))
        await stream.signals(1)
    await post(own_api, *(body(number) for number in range(2, 12)))
    async with listening(own_api.url, stream.place) as again:
        seen: list[int] = []
        while 11 not in seen:
            seen += [row["message_id"] for row in await again.signals(1)]
    assert [number for number in seen if number > 1] == list(range(2, 12))


async def test_a_transaction_that_commits_late_is_not_skipped(
    own_api: ApiProcess, database: str
) -> None:
    """Others begin after it and commit before it; who resumed in between hears of it too."""
    await post(own_api, body(1), body(2))
    async with await psycopg.AsyncConnection.connect(database) as slow:
        async with listening(own_api.url) as stream:
            await slow.execute(
                "update tp_capital.tp_capital_signals set source = 'slow' where message_id = 1"
            )
            await post(own_api, body(3))
            while (await stream.signals(1))[0]["message_id"] != 3:
                pass
        async with listening(own_api.url, stream.place) as again:
            await slow.commit()
            while (await again.signals(1))[0]["source"] != "slow":
                pass


async def test_nothing_is_lost_whenever_a_listener_breaks_off(own_api: ApiProcess) -> None:
    """Writers at work, a listener that leaves at random and resumes: it has seen every signal."""
    chance = random.Random(11)
    seen: set[int] = set()
    wanted = set(range(1, 301))

    async def write(numbers: list[int]) -> None:
        while numbers:
            part, numbers = numbers[:3], numbers[3:]
            await post(own_api, *(body(number) for number in part))

    async with listening(own_api.url) as stream:
        place = stream.place
    with anyio.fail_after(60):
        async with anyio.create_task_group() as writers:
            numbers = sorted(wanted)
            for lane in range(3):
                writers.start_soon(write, numbers[lane::3])
            while seen != wanted:
                async with listening(own_api.url, place) as stream:
                    for _ in range(chance.randrange(1, 20)):
                        if seen == wanted:
                            break
                        seen.add((await stream.next()).data["message_id"])
                        place = stream.place


async def test_a_listener_outlives_the_database(postgres_folder: Path, tmp_path: Path) -> None:
    """Its stream stays open through an outage, and goes on after it."""
    with (
        EmbeddedPostgres(postgres_folder) as server,
        ApiProcess(server.dsn, tmp_path / "log") as api,
    ):
        api.wait_until_ready()
        async with listening(api.url) as stream:
            server.kill()
            await eventually(lambda: _has_logged(api, "feed.waiting"))
            server.start()
            await eventually(lambda: _is_stored(api, body(1)))
            (row,) = await stream.signals(1)
            assert row["message_id"] == 1


async def _has_logged(api: ApiProcess, action: str) -> bool:
    return api.logged(action)


async def _is_stored(api: ApiProcess, message: dict[str, Any]) -> bool:
    async with (
        aiohttp.ClientSession(api.url, headers=HEADERS) as session,
        session.post("/ingest", json=message) as answer,
    ):
        return answer.status == 200


async def test_a_stop_ends_every_stream_at_once(own_api: ApiProcess) -> None:
    """SIGTERM with listeners: they are told, and the process is gone in a moment."""
    async with listening(own_api.url) as one, listening(own_api.url) as other:
        started = perf_counter()
        own_api.signal(signal.SIGTERM)
        for stream in (one, other):
            try:
                await stream.next()
            except EOFError:
                continue
            raise AssertionError("an event instead of the end")
        assert await anyio.to_thread.run_sync(own_api.wait) == ExitStatus.OK
        assert perf_counter() - started < 5
    assert "Traceback" not in own_api.text


async def test_a_listener_that_left_is_forgotten(own_api: ApiProcess) -> None:
    """Its connection's end is noticed without an event."""
    async with listening(own_api.url):
        assert await _listeners(own_api) == 1
    with anyio.fail_after(5):
        while await _listeners(own_api):
            await anyio.lowlevel.checkpoint()


async def _listeners(api: ApiProcess) -> int:
    async with aiohttp.ClientSession(api.url) as session, session.get("/metrics") as answer:
        text = await answer.text()
    (line,) = [line for line in text.splitlines() if line.startswith("api_stream_listeners ")]
    return int(float(line.split()[1]))


async def test_an_idle_stream_has_a_heartbeat(own_api: ApiProcess) -> None:
    """Proxies close what is silent; every 15 s at the latest something comes."""
    with anyio.fail_after(signal_stream.HEARTBEAT_SECONDS + 5):
        async with listening(own_api.url) as stream:
            assert await stream._answer.content.readline() == b": still here\n"
