"""What goes wrong on purpose, as the real Telethon meets it."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from telethon import TelegramClient, errors, functions

from tests.telegram import account_answers
from tests.telegram.call import Call
from tests.telegram.client import client_of, connected_client
from tests.telegram.faults import ANY, Faults
from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.refusal import RefusedError
from tests.telegram.session import write_session
from tests.telegram.test_mtproto_server import collect
from tests.telegram.world import Telegram
from tests.waiting import eventually

GET_STATE = "updates.GetState"
DEAD = [
    (401, "AUTH_KEY_UNREGISTERED", errors.AuthKeyUnregisteredError),
    (401, "SESSION_REVOKED", errors.SessionRevokedError),
    (401, "USER_DEACTIVATED", errors.UserDeactivatedError),
    (406, "AUTH_KEY_DUPLICATED", errors.AuthKeyDuplicatedError),
    (420, "FROZEN_METHOD_INVALID", errors.FrozenMethodInvalidError),
]


def get_state() -> Any:
    """The request that most tests script."""
    return functions.updates.GetStateRequest()


@pytest.fixture
def path(server: MtprotoServer, tmp_path: Path) -> Path:
    """A session file of a client that has not connected yet."""
    return write_session(tmp_path / "fresh.session", server.telegram.login(), server.port)


async def test_a_flood_names_its_seconds(client: TelegramClient, server: MtprotoServer) -> None:
    """Once here; the next request is answered."""
    server.faults.flood("messages.GetDialogs", 400)
    with pytest.raises(errors.FloodWaitError) as caught:
        await client.get_dialogs()
    assert caught.value.seconds == 400


@pytest.mark.parametrize(("code", "text", "error"), DEAD)
async def test_a_session_dies_while_connected(
    client: TelegramClient, server: MtprotoServer, code: int, text: str, error: type[Exception]
) -> None:
    """Every request is refused from then on."""
    server.faults.fail(ANY, code, text, times=None)
    for _ in range(2):
        with pytest.raises(error):
            await client(get_state())
    server.faults.clear()
    await client(get_state())


async def test_a_dead_session_connects(path: Path, server: MtprotoServer) -> None:
    """A 401 leaves help.getConfig answered, so that only the next request tells."""
    server.faults.fail(ANY, 401, "SESSION_REVOKED", times=None)
    client = client_of(path)
    await client.connect()
    assert not await client.is_user_authorized()
    await client.disconnect()


async def test_a_login_can_be_refused_for_good(path: Path, telegram: Telegram) -> None:
    """By its key, whatever client uses it."""
    (login,) = telegram.logins.values()
    login.refusal = RefusedError(406, "AUTH_KEY_DUPLICATED")
    client = client_of(path)
    with pytest.raises(errors.AuthKeyDuplicatedError):
        await client.connect()
    await client.disconnect()


async def test_a_dropped_connection_ends_the_client(
    client: TelegramClient, server: MtprotoServer
) -> None:
    """With an EOFError that is no OSError; then it connects again."""
    server.drop_all()
    with pytest.raises(EOFError):
        await client.disconnected
    await client.connect()
    await client(get_state())


@pytest.mark.parametrize("after", [False, True])
async def test_a_drop_instead_of_an_answer(
    client: TelegramClient, server: MtprotoServer, after: bool
) -> None:
    """Before or after Telegram has done what was asked."""
    done: list[Call] = []

    def answer(call: Call) -> Any:
        done.append(call)
        return account_answers.state(call)

    server.answers[functions.updates.GetStateRequest] = answer
    server.faults.drop(GET_STATE, after=after)
    with pytest.raises(EOFError):
        await client(get_state())
    assert len(done) == after


async def test_an_ignored_request_blocks_no_other(
    client: TelegramClient, server: MtprotoServer
) -> None:
    """It alone waits for ever."""
    server.faults.ignore(GET_STATE)
    with anyio.move_on_after(0.05) as scope:
        await client(get_state())
    assert scope.cancelled_caught
    await client(get_state())


async def test_a_held_answer_comes_when_it_is_released(
    client: TelegramClient, server: MtprotoServer
) -> None:
    """However many requests were answered meanwhile."""
    server.faults.hold(GET_STATE)
    before = server.count(GET_STATE)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client, get_state())
        await eventually(lambda: server.count(GET_STATE) == before + 1)
        await client.get_me()
        server.release()


async def test_a_half_open_connection_is_silent(
    client: TelegramClient, server: MtprotoServer
) -> None:
    """Nothing goes either way, and what was swallowed is lost."""
    seen = collect(client)
    channel = server.telegram.channel("Signals")
    server.faults.muted = True
    channel.post("lost")
    with anyio.move_on_after(0.05):
        await client(get_state())
    server.faults.clear()
    channel.post("heard")
    await eventually(lambda: len(seen) == 1)
    assert seen[0].message.message == "heard"
    assert client.is_connected()


async def test_an_undecodable_push_is_skipped(
    client: TelegramClient, server: MtprotoServer
) -> None:
    """By the library, at INFO; the connection goes on."""
    seen = collect(client)
    server.push_undecodable()
    server.telegram.channel("Signals").post("one")
    await eventually(lambda: len(seen) == 1)


@pytest.mark.parametrize(
    ("code", "error"), [(-404, errors.AuthKeyNotFound), (-429, errors.InvalidBufferError)]
)
async def test_transport_errors_end_the_client(
    client: TelegramClient, server: MtprotoServer, code: int, error: type[Exception]
) -> None:
    """At any time."""
    server.push_transport_error(code)
    with pytest.raises(error):
        await client.disconnected


async def test_a_transport_error_at_connect(path: Path, server: MtprotoServer) -> None:
    """For as long as the fault holds.

    Without waiting for `disconnected`, a next connect may never end, and asyncio complains of an
    exception that nobody retrieved.
    """
    server.faults.transport = -404
    client = client_of(path)
    with pytest.raises(errors.AuthKeyNotFound):
        await client.connect()
    with pytest.raises(errors.AuthKeyNotFound):
        await client.disconnected
    server.faults.clear()
    await client.connect()
    await client.disconnect()


async def test_a_closed_server_refuses(server: MtprotoServer, path: Path) -> None:
    """At the same port, until it opens again."""
    await server.close()
    client = client_of(path)
    with pytest.raises(ConnectionError):
        await client.connect()
    await server.open()
    await client.connect()
    await client.disconnect()


async def test_a_server_error_is_telegrams_trouble(server: MtprotoServer, tmp_path: Path) -> None:
    """Telethon waits two seconds whatever it is told, so the test stops waiting."""
    async with connected_client(server, tmp_path) as client:
        server.faults.fail(GET_STATE, 500, "INTERDC_2_CALL_ERROR")
        before = server.count(GET_STATE)
        with anyio.move_on_after(0.05) as scope:
            await client(get_state())
        assert scope.cancelled_caught
        assert server.count(GET_STATE) == before + 1


def test_a_fault_for_no_request_is_a_mistake() -> None:
    """Names are those of the documentation, with a capital."""
    for name in ("messages.getHistory", "GetHistory", "nothing.GetHistory"):
        with pytest.raises(ValueError, match=name):
            Faults().drop(name)


def test_faults_of_one_name_follow_one_another() -> None:
    """Each as often as it was told."""
    faults = Faults()
    faults.flood(GET_STATE, 3, times=2)
    faults.drop(GET_STATE)
    taken = [faults.take(GET_STATE) for _ in range(4)]
    assert [each and (each.action.value, each.text) for each in taken] == [
        ("refuse", "FLOOD_WAIT_3"),
        ("refuse", "FLOOD_WAIT_3"),
        ("drop", ""),
        None,
    ]
