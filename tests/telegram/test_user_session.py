"""The user session's own life: refusals, waits, the session's lock, lanes."""

import os
from pathlib import Path
from typing import NamedTuple

import anyio
import pytest

from contracts.exit_status import ExitStatus
from gateway_outbox.errors import (
    AccountBannedError,
    AlreadyRunningError,
    LoginRequiredError,
    SourceLostError,
)
from gateway_outbox.service import STATUS_OF
from gateway_outbox.session.session_file import hold_session
from gateway_outbox.source import Condition
from gateway_outbox.user.request_source import Requests
from gateway_outbox.user.tracked_channel import TrackedChannel
from gateway_outbox.user.user_source import UserSource
from tests.telegram.channel import Channel
from tests.telegram.gateway_user import Site
from tests.telegram.refusal import RefusedError
from tests.telegram.world import Telegram
from tests.waiting import eventually


class Fatal(NamedTuple):
    """A refusal, and what the source makes of it."""

    code: int
    text: str
    kind: type[SourceLostError]
    condition: Condition
    words: str


FATAL = [
    Fatal(401, "AUTH_KEY_UNREGISTERED", LoginRequiredError, "login_required", "tpcapital login"),
    Fatal(401, "SESSION_REVOKED", LoginRequiredError, "login_required", "tpcapital login"),
    Fatal(406, "AUTH_KEY_DUPLICATED", LoginRequiredError, "login_required", "two places at once"),
    Fatal(401, "USER_DEACTIVATED_BAN", AccountBannedError, "banned", "closed this account"),
    Fatal(420, "FROZEN_METHOD_INVALID", AccountBannedError, "banned", "froze this account"),
]


@pytest.fixture
def channel(site: Site, telegram: Telegram) -> Channel:
    """A declared channel with one message."""
    channel = telegram.channel("Mesa", username="mesa")
    channel.post("first", push=False)
    site.declare(channel)
    return channel


async def lost(source: UserSource) -> SourceLostError:
    """Run a source until it is lost."""
    with anyio.fail_after(10), pytest.raises(SourceLostError) as caught:
        await source.run()
    return caught.value


def session_file(site: Site) -> Path:
    """Where the session is."""
    return site.folder / "session" / "gateway.session"


@pytest.mark.parametrize("fatal", FATAL, ids=lambda fatal: fatal.text)
async def test_a_refused_session_at_the_start(site: Site, fatal: Fatal) -> None:
    """It is left alone at once, the file stays, and the sentence says what to do."""
    site.login.refusal = RefusedError(fatal.code, fatal.text)
    source = site.source()
    error = await lost(source)
    assert type(error) is fatal.kind
    assert fatal.words in str(error)
    assert (source.state.condition, source.state.reason) == (fatal.condition, str(error))
    assert session_file(site).exists()
    assert site.server.count("help.GetConfig") == 1


@pytest.mark.parametrize("fatal", FATAL, ids=lambda fatal: fatal.text)
async def test_a_session_that_is_refused_later(site: Site, fatal: Fatal) -> None:
    """The heartbeat finds it, though the connection stays up."""
    source = site.source()
    with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012  # the group is what raises
        async with anyio.create_task_group() as tasks:
            await tasks.start(lambda *, task_status: source.run(task_status=task_status))
            site.login.refusal = RefusedError(fatal.code, fatal.text)
    (error,) = caught.value.exceptions
    assert type(error) is fatal.kind
    assert fatal.words in str(error)
    assert source.state.condition == fatal.condition


@pytest.mark.parametrize(
    "request_name",
    [
        "contacts.ResolveUsername",
        "messages.GetPeerDialogs",
        "messages.GetHistory",
        "updates.GetChannelDifference",
    ],
)
async def test_a_session_that_one_request_finds_refused(
    site: Site, channel: Channel, request_name: str
) -> None:
    """Whatever was asked for, it is not at fault: it was the last question."""
    site.declare("@mesa")
    site.server.faults.fail(request_name, 401, "SESSION_REVOKED", times=None)
    assert type(await lost(site.source())) is LoginRequiredError
    assert site.server.asked[-1][0] == request_name
    site.server.faults.clear()
    async with site.running():
        await site.holds(channel)


async def test_a_session_that_is_refused_when_a_channel_is_looked_at_again(
    site: Site, channel: Channel
) -> None:
    """No channel is lost for it: it goes on when the session is accepted again."""
    site.fields["reconcile_seconds"] = 0.05
    async with site.running() as source:
        channel.ban(push=False)
        await eventually(lambda: "channels" in source.state.alarms)
    site.server.faults.fail("channels.GetChannels", 401, "SESSION_REVOKED", times=None)
    assert type(await lost(site.source())) is LoginRequiredError
    assert (await site.row(channel))["state"] == "no_access"
    site.server.faults.clear()
    channel.unban()
    async with site.running():
        await site.holds(channel)


async def test_a_server_in_trouble_at_the_start(site: Site, channel: Channel) -> None:
    """It is asked again."""
    site.server.faults.fail("updates.GetState", 500, "INTERNAL", times=2)
    async with site.running():
        await site.holds(channel)


async def test_nobody_listens_at_the_start(site: Site, channel: Channel) -> None:
    """It is tried until somebody does; nothing of it ends the service."""
    await site.server.close()
    source = site.source()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(source.run)
        await eventually(lambda: source.state.condition == "transient")
        await site.server.open()
        await site.holds(channel)
        tasks.cancel_scope.cancel()


async def test_a_key_that_telegram_lost_sight_of(site: Site, channel: Channel) -> None:
    """-404 once may pass; three times is a login."""
    site.server.faults.transport = -404
    source = site.source()
    error = await lost(source)
    assert type(error) is LoginRequiredError
    site.server.faults.clear()
    async with site.running() as again:
        site.server.push_transport_error(-404)
        await eventually(lambda: again.state.condition == "transient")
        channel.post("after it")
        await site.holds(channel)


async def test_too_much_from_one_address(site: Site, channel: Channel) -> None:
    """-429 is answered by a long wait, not by another try."""
    async with site.running() as source:
        site.server.faults.transport = -429
        await eventually(lambda: "-429" in source.state.reason)
        begun, asked = anyio.current_time(), site.server.count("help.GetConfig")
        site.server.faults.clear()
        await eventually(lambda: source.state.condition == "connected")
        assert anyio.current_time() - begun > 0.3
        assert site.server.count("help.GetConfig") == asked + 1
        channel.post("after it")
        await site.holds(channel)


async def test_a_flood_wait_outlives_the_process(site: Site, channel: Channel) -> None:
    """What Telegram asked to wait for is on disk, shown, and obeyed by the next start."""
    site.server.faults.flood("messages.GetHistory", 30)
    source = site.source()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(source.run)
        await eventually(lambda: "GetHistory" in source.state.floods)
        tasks.cancel_scope.cancel()
    asked = site.server.count("messages.GetHistory")
    again = site.source()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(again.run)
        await eventually(lambda: again.state.condition == "connected")
        await eventually(lambda: again.channels[channel.marked_id].title == "Mesa")
        channel.post("pushed meanwhile")

        async def came() -> bool:
            return await site.texts(channel) == {2: "pushed meanwhile"}

        await eventually(came)
        assert 20 < again.state.floods["GetHistory"] <= 30
        tasks.cancel_scope.cancel()
    assert site.server.count("messages.GetHistory") == asked == 1
    assert site.counted("telegram_flood_waits_total", source="user") == 1


async def test_another_process_has_the_session(site: Site, channel: Channel) -> None:
    """There is never a second connection: who has it is named, and this gateway ends with 75."""
    with hold_session(session_file(site)), pytest.raises(AlreadyRunningError) as caught:
        await site.source().run()
    assert f"already running, pid {os.getpid()}: session" in str(caught.value)
    assert STATUS_OF[type(caught.value)] == ExitStatus.ALREADY_RUNNING
    assert site.server.asked == []
    async with site.running():
        await site.holds(channel)


async def test_without_a_session(site: Site) -> None:
    """The sentence says what to type."""
    session_file(site).unlink()
    error = await lost(site.source())
    assert type(error) is LoginRequiredError
    assert "tpcapital login" in str(error)


async def test_a_session_that_others_can_read(site: Site) -> None:
    """It is refused with the command that closes it."""
    session_file(site).chmod(0o644)
    error = await lost(site.source())
    assert f"chmod 600 {session_file(site)}" in str(error)
    assert site.server.asked == []


class BreakingLane:
    """Breaks once, then stays."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error
        self.runs = 0

    async def run(self, requests: Requests, channels: dict[int, TrackedChannel]) -> None:
        """One connection's work."""
        assert requests.client.is_connected()
        self.runs += 1
        error, self.error = self.error, None
        if error:
            raise error
        await eventually(lambda: bool(channels))
        await anyio.sleep_forever()


async def test_a_lane_shares_the_connection(site: Site, channel: Channel) -> None:
    """What breaks it breaks the connection, and it runs again on the next."""
    lane = BreakingLane(ConnectionResetError("by the lane"))
    async with site.running(lanes=[lane]):
        await eventually(lambda: lane.runs == 2)
        await site.holds(channel)


async def test_a_lane_that_is_broken_itself(site: Site) -> None:
    """An error of the program is none of Telegram's: it ends the service."""
    source = site.source(lanes=[BreakingLane(ValueError("a fault of ours"))])
    with anyio.fail_after(10), pytest.raises(ExceptionGroup) as caught:
        await source.run()
    assert caught.group_contains(ValueError, match="a fault of ours")


class HangUpLane:
    """Once: the library's reconnection is called for and ended before its first step.

    So it goes when the server hangs up while the client is being closed (seen in 2 of 100 tries).
    """

    runs = 0

    async def run(self, requests: Requests, _channels: dict[int, TrackedChannel]) -> None:
        """One connection's work."""
        self.runs += 1
        if self.runs == 1:
            sender = requests.client._sender  # the race itself, on purpose
            sender._start_reconnect(None)
            sender._reconnect_task.cancel()
            raise ConnectionResetError("the server hung up")
        await anyio.sleep_forever()


async def test_a_hang_up_while_closing_does_not_deafen_the_next_connection(
    site: Site, channel: Channel
) -> None:
    """A client that was closed then is never answered again; so each connection has its own."""
    lane = HangUpLane()
    async with site.running(lanes=[lane]):
        await eventually(lambda: lane.runs == 2, 10)
        channel.post("after it")
        await site.holds(channel)
