"""The scripted server against the real Telethon: connections and pushes."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from telethon import TelegramClient, errors, events, functions, types

from tests.listener import HOST
from tests.telegram.client import client_of, connected_client
from tests.telegram.mtproto_server import MtprotoServer, running_server, threaded_server
from tests.telegram.session import write_session
from tests.telegram.world import Telegram
from tests.waiting import eventually, until


def collect(client: TelegramClient) -> list[Any]:
    """Every update that the client's handlers get, from now on.

    A difference without other updates makes Telethon hand its empty Updates to handlers, too.
    """
    seen: list[Any] = []

    async def saw(event: Any) -> None:
        if not isinstance(event, types.Updates):
            seen.append(event)

    client.add_event_handler(saw, events.Raw())
    return seen


async def test_a_client_is_logged_in(client: TelegramClient, telegram: Telegram) -> None:
    """With the key of its session file."""
    me = await client.get_me()
    assert (me.id, me.first_name) == (telegram.me.id, "Ana")
    assert await client.is_user_authorized()


def test_a_session_file_is_the_owners_alone(tmp_path: Path, telegram: Telegram) -> None:
    """As the gateway demands."""
    path = write_session(tmp_path / "x.session", telegram.login(), 1)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


async def test_what_happens_is_pushed(client: TelegramClient, telegram: Telegram) -> None:
    """In order, each with its number, unless a test withholds it."""
    seen = collect(client)
    channel = telegram.channel("Signals")
    channel.post("one")
    channel.post("two " * 500)
    channel.edit(1, "three", hide=True)
    channel.service(types.MessageActionPinMessage())
    channel.delete([1, 2])
    await eventually(lambda: len(seen) == 5)
    assert [each.pts for each in seen] == [2, 3, 4, 5, 7]
    assert [each.message.message for each in seen[:3]] == ["one", "two " * 500, "three"]
    assert seen[2].message.edit_hide
    assert isinstance(seen[3].message.action, types.MessageActionPinMessage)
    assert (seen[4].channel_id, seen[4].messages) == (channel.id, [1, 2])


async def test_a_withheld_push_is_a_gap(client: TelegramClient, telegram: Telegram) -> None:
    """Telethon itself then asks for the difference."""
    seen = collect(client)
    channel = telegram.channel("Signals")
    channel.post("one")
    channel.post("two", push=False)
    channel.post("three")
    await eventually(lambda: len(seen) == 3)
    assert {each.message.message for each in seen} == {"one", "two", "three"}


async def test_a_migrated_group_says_where_to(client: TelegramClient, telegram: Telegram) -> None:
    """In the old group and in the new one; the common box keeps it."""
    seen = collect(client)
    made = telegram.migrate(4321, "Group")
    await eventually(lambda: len(seen) == 2)
    assert seen[0].message.action.channel_id == made.id
    assert seen[1].message.action.chat_id == 4321
    missed = await client(functions.updates.GetDifferenceRequest(1, None, 0))
    assert [each.action.channel_id for each in missed.new_messages] == [made.id]


async def test_a_push_reaches_every_client(
    client: TelegramClient, server: MtprotoServer, tmp_path: Path
) -> None:
    """Each has a key of its own."""
    async with connected_client(server, tmp_path) as other:
        seen = [collect(client), collect(other)]
        server.telegram.channel("Signals").post("one")
        await eventually(lambda: all(seen))


async def test_a_client_without_updates_gets_none(server: MtprotoServer, tmp_path: Path) -> None:
    """As Telethon's receive_updates=False asks for."""
    async with connected_client(server, tmp_path, receive_updates=False) as client:
        seen = collect(client)
        server.telegram.channel("Signals").post("one")
        await client.get_me()
        assert seen == []


async def test_many_requests_at_once_are_all_answered(client: TelegramClient) -> None:
    """They come and go in containers."""
    asked = [functions.updates.GetStateRequest() for _ in range(50)]
    assert len(await client(asked)) == 50


async def test_a_request_that_is_not_scripted_is_told(telegram: Telegram, tmp_path: Path) -> None:
    """By name, to the client and to the test."""
    async with running_server(telegram) as server, connected_client(server, tmp_path) as client:
        with pytest.raises(errors.BadRequestError, match="NOT_SCRIPTED_help"):
            await client(functions.help.GetSupportRequest())
        assert server.unscripted == ["help.GetSupport"]


async def test_a_mistake_in_an_answer_is_raised_at_the_end(
    client: TelegramClient, server: MtprotoServer
) -> None:
    """Until then it is kept, and does not leave the client waiting."""
    server.answers[functions.help.GetSupportRequest] = lambda _: int("nonsense")
    with pytest.raises(errors.BadRequestError, match="SCRIPT_FAILED"):
        await client(functions.help.GetSupportRequest())
    assert [type(each) for each in server.failures] == [ValueError]
    server.failures.clear()


async def test_an_answer_of_a_tests_own(client: TelegramClient, server: MtprotoServer) -> None:
    """It gets the call, and may refuse or return what TL knows."""
    server.answers[functions.account.UpdateStatusRequest] = lambda call: call.request.offline
    assert await client(functions.account.UpdateStatusRequest(offline=True)) is True


async def test_a_log_out_makes_the_key_nobodys(client: TelegramClient, telegram: Telegram) -> None:
    """Its file is gone, too: Telethon deletes it."""
    assert await client.log_out()
    assert [login.account for login in telegram.logins.values()] == [None]


async def test_an_unknown_key_is_not_found(server: MtprotoServer, tmp_path: Path) -> None:
    """The client is told so on the transport."""
    login = server.telegram.login()
    client = client_of(write_session(tmp_path / "x.session", login, server.port))
    server.telegram.logins.clear()
    with pytest.raises(errors.AuthKeyNotFound):
        await client.connect()
    with pytest.raises(errors.AuthKeyNotFound):
        await client.disconnected
    await client.disconnect()


async def test_clients_may_vanish_in_the_middle(server: MtprotoServer) -> None:
    """Of a frame, or send what is none."""
    for content in (b"", b"\x40\x00\x00\x00half", b"\xff" * 64, b"\x10\x00\x00\x00" + b"\0" * 12):
        async with await anyio.connect_tcp(HOST, server.port) as stream:
            await stream.send(content)
    await eventually(lambda: not server.connections)


def test_a_server_in_a_thread_of_its_own(telegram: Telegram, tmp_path: Path) -> None:
    """The test posts and drops from its thread."""
    channel = telegram.channel("Signals")
    texts: list[str] = []

    async def follow(path: Path) -> None:
        client = client_of(path)
        await client.connect()
        seen = collect(client)
        await client.get_me()
        server.faults.hold("updates.GetState")
        channel.post("one")
        await eventually(lambda: len(seen) == 1)
        texts.extend(each.message.message for each in seen)
        server.drop_all()
        with pytest.raises(EOFError):
            await client.disconnected
        await client.disconnect()

    with threaded_server(telegram) as server:
        anyio.run(follow, write_session(tmp_path / "x.session", telegram.login(), server.port))
        until(lambda: not server.connections)
    assert texts == ["one"]
