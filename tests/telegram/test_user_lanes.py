"""The lanes in a real gateway process: killed, restarted, and asked by the real command line."""

import random
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from telethon.tl import functions

from gateway_outbox.media_file import PART_BYTES
from tests.messages import TOKEN
from tests.telegram import file_answers
from tests.telegram.call import Call
from tests.telegram.channel import Channel
from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.user_gateway import UserGateway
from tests.telegram.world import Telegram
from tests.waiting import eventually

_SEED = 4711
_STORED = "SELECT count(DISTINCT message_id) FROM outbox WHERE channel_id = ?"


@pytest.mark.timeout(120)
async def test_a_backfill_goes_on_after_a_kill(
    tmp_path: Path, server: MtprotoServer, mesa: Channel
) -> None:
    """From the chunk where it was; afterwards everything is stored, and each counted once."""
    for number in range(6, 651):
        mesa.post(f"old {number}", push=False)
    gateway = UserGateway(tmp_path, server, FIRST_SIGHT_MESSAGES="0")
    gateway.declare(mesa)
    async with gateway.running():
        await gateway.seen(mesa)
        plan = await gateway.tpcapital("backfill", "--channel", "@mesa", "--dry-run")
        assert (plan["most_messages"], plan["stored"], plan["backfill"]) == (650, 0, None)
        begun = await gateway.tpcapital("backfill", "--channel", "@mesa", "--no-wait")
        assert begun["started"]
        await eventually(lambda: gateway.number("SELECT next_id FROM backfill") > 200)
        await gateway.kill()
        next_id = gateway.number("SELECT next_id FROM backfill")
        assert next_id < 650
        server.asked.clear()
        await gateway.start()
        done = await gateway.tpcapital("backfill", "--channel", "@mesa")
    offsets = [each.offset_id for name, each in server.asked if name == "messages.GetHistory"]
    assert min(offset for offset in offsets if offset) == next_id
    assert not done["started"]
    assert done["backfill"] | {"reason": None} == {
        "channel_id": mesa.marked_id,
        "first_id": 1,
        "next_id": 651,
        "last_id": 650,
        "found": 650,
        "stored": 650,
        "state": "done",
        "reason": None,
    }
    assert gateway.number(_STORED, mesa.marked_id) == 650


async def test_a_backfill_since_a_day_and_from_an_id(
    tmp_path: Path, server: MtprotoServer, mesa: Channel
) -> None:
    """What is stored already is found and not new; a channel that is not followed is said."""
    gateway = UserGateway(tmp_path, server, FIRST_SIGHT_MESSAGES="2")
    gateway.declare(mesa)
    async with gateway.running():
        await gateway.seen(mesa)
        name = ("--channel", str(mesa.marked_id))
        some = await gateway.tpcapital("backfill", *name, "--from-id", "3")
        assert (some["backfill"]["found"], some["backfill"]["stored"]) == (3, 1)
        later = await gateway.tpcapital("backfill", *name, "--since", "2100-01-01", "--dry-run")
        assert (later["first_id"], later["most_messages"]) == (6, 0)
        every = await gateway.tpcapital("backfill", *name, "--since", "2020-01-01")
        assert (every["backfill"]["found"], every["backfill"]["stored"]) == (5, 2)


@pytest.mark.timeout(120)
async def test_a_file_is_resumed_after_a_kill(
    tmp_path: Path, server: MtprotoServer, telegram: Telegram, mesa: Channel
) -> None:
    """The message names it at once; the parts that were here are not asked for again."""
    content = random.Random(_SEED).randbytes(6 * PART_BYTES)
    media = tmp_path / "media"
    gateway = UserGateway(tmp_path, server, MEDIA_DIR=str(media))
    gateway.declare(mesa)

    def silent_after_three(call: Call) -> Any:
        if server.count("upload.GetFile") == 3:
            server.faults.ignore("upload.GetFile", None)
        return file_answers.part(call)

    server.answers[functions.upload.GetFileRequest] = silent_after_three
    async with gateway.running():
        await gateway.seen(mesa)
        message = mesa.post("x", media=telegram.files.photo(content))
        question = (
            "SELECT json_extract(cast(payload AS TEXT), '$.photos[0].file') FROM outbox"
            " WHERE message_id = 6"
        )
        await eventually(lambda: len(gateway.rows(question)) == 1)
        ((name,),) = gateway.rows(question)
        stamp = int(message.date.timestamp()) * 1000
        assert name == f"{-mesa.marked_id}_6_{stamp}.jpg"
        await eventually(lambda: server.count("upload.GetFile") == 4)
        await gateway.kill()
        assert not (media / name).exists()
        server.faults.clear()
        server.answers[functions.upload.GetFileRequest] = file_answers.part
        server.asked.clear()
        await gateway.start()
        await eventually((media / name).exists)
    assert (media / name).read_bytes() == content
    offsets = [each.offset for called, each in server.asked if called == "upload.GetFile"]
    assert min(offsets) == 3 * PART_BYTES


async def test_gaps_are_found_and_filled(
    tmp_path: Path, server: MtprotoServer, mesa: Channel
) -> None:
    """By comparing ids, service messages apart; status 1 until nothing is missing."""
    mesa.delete([2], push=False)
    gateway = UserGateway(tmp_path, server, FIRST_SIGHT_MESSAGES="2")
    gateway.declare(mesa)
    async with gateway.running():
        await gateway.seen(mesa)
        (well,) = await gateway.tpcapital("channels", "check")
        assert (well["checked"], well["gaps"], well["error"]) == (2, [], None)
        (found,) = await gateway.tpcapital("channels", "check", "@mesa", "--from-id", "1", status=1)
        assert (found["checked"], found["gaps"], found["filled"]) == (4, ["1", "3"], 0)
        (filled,) = await gateway.tpcapital(
            "channels", "check", "@mesa", "--from-id", "1", "--fill"
        )
        assert (filled["gaps"], filled["filled"]) == (["1", "3"], 2)
        await gateway.tpcapital("channels", "check", "@mesa", "--from-id", "1")
        unknown = await gateway.tpcapital("channels", "check", "-1009999999999", status=1)
        assert "is not followed; declare it" in unknown[0]["error"]


async def test_sync_answers_with_what_is_known(
    tmp_path: Path, server: MtprotoServer, mesa: Channel
) -> None:
    """Within two seconds, whether Telegram answers or not; the token guards it."""
    gateway = UserGateway(tmp_path, server, RECONCILE_SECONDS="600")
    gateway.declare(mesa)
    async with gateway.running(), aiohttp.ClientSession() as session:
        await gateway.seen(mesa)

        async def sync(token: str = TOKEN) -> tuple[int, Any]:
            headers = {"X-Gateway-Token": token}
            async with session.post(
                f"{gateway.process.url}/sync", json={"limit": 500}, headers=headers
            ) as answer:
                return answer.status, await answer.json(content_type=None)

        mesa.post("quiet", push=False)
        mesa.post("quieter", push=False)
        status, body = await sync()
        assert (status, body["success"]) == (200, True)
        assert body["message"] == "Sincronização concluída: 2 mensagens novas."
        assert body["data"] | {"timestamp": ""} == {
            "totalMessagesSynced": 2,
            "totalMessagesSaved": 2,
            "channelsSynced": [str(mesa.marked_id)],
            "filters": {"limit": 500},
            "timestamp": "",
        }
        assert (await sync("x" * 32))[0] == 401
        server.faults.ignore("messages.GetPeerDialogs", None)
        begun = time.monotonic()
        status, body = await sync()
        assert time.monotonic() - begun < 2
        assert body["message"] == "Sincronização em andamento: 0 mensagens novas até agora."


async def test_channels_change_without_a_reconnect(
    tmp_path: Path, server: MtprotoServer, telegram: Telegram, mesa: Channel
) -> None:
    """Added, and read at once; removed, and left alone; the connection is the same."""
    other = telegram.channel("Outra", "outra")
    gateway = UserGateway(tmp_path, server)
    gateway.declare(mesa)
    async with gateway.running():
        await gateway.seen(mesa)
        (connection,) = server.connections
        added = await gateway.tpcapital("channels", "add", "@outra")
        assert added["gateway"] == "told: 2 channels declared"
        await gateway.seen(other)
        other.post("here")
        await eventually(lambda: gateway.number(_STORED, other.marked_id) == 1)
        await gateway.tpcapital("channels", "remove", "@outra")
        other.post("not here")
        mesa.post("marker")
        await eventually(lambda: gateway.number(_STORED, mesa.marked_id) == 6)
        listed = await gateway.tpcapital("channels", "list")
        assert [(row["title"], row["last_message_id"]) for row in listed] == [
            ("Mesa", 6),
            ("Outra", 1),
        ]
        assert server.connections == {connection}


async def test_without_a_gateway_it_is_one_sentence(tmp_path: Path, server: MtprotoServer) -> None:
    """History needs the one connection that only the gateway has."""
    gateway = UserGateway(tmp_path, server)
    gateway.declare()
    command = ("backfill", "--channel", "-1001234567890")
    with pytest.raises(AssertionError, match=r"no gateway runs on outbox .*Start it"):
        await gateway.tpcapital(*command)
