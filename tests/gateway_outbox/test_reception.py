"""Sources side by side: signals, reloads, and what is left when one is lost."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from contracts.exit_status import ExitStatus
from gateway_outbox.channels_file import Channels
from gateway_outbox.errors import AccountBannedError, LoginRequiredError, SourceLostError
from gateway_outbox.reception import Reception
from gateway_outbox.service_manager import ServiceManager
from gateway_outbox.source import Condition
from tests.gateway_outbox.scripted_source import ScriptedSource
from tests.messages import CHANNEL
from tests.waiting import eventually

Signals = MemoryObjectSendStream[signal.Signals]


@pytest.fixture
async def signals() -> AsyncIterator[tuple[Signals, MemoryObjectReceiveStream[signal.Signals]]]:
    """Where a test sends signals, and where the reception hears them."""
    send, receive = anyio.create_memory_object_stream[signal.Signals](9)
    with send, receive:
        yield send, receive


def losing(
    name: str, condition: Condition, error: SourceLostError, after: anyio.Event | None = None
) -> ScriptedSource:
    """A source that is lost, at once or after an event."""

    async def script() -> None:
        if after:
            await after.wait()
        source.state.turn(condition, str(error))
        raise error

    source = ScriptedSource(name, script)
    return source


async def test_a_signal_ends_the_sources(
    signals: tuple[Signals, AsyncIterator[signal.Signals]], channels: Channels
) -> None:
    """Each is cancelled; the status is that of an orderly stop."""
    sources = [ScriptedSource("bot"), ScriptedSource("user")]
    signals[0].send_nowait(signal.SIGTERM)
    assert await Reception(sources, channels, ServiceManager(None)).run(signals[1]) is ExitStatus.OK
    assert [each.was_cancelled for each in sources] == [True, True]


async def test_sighup_reloads_the_channels(
    signals: tuple[Signals, AsyncIterator[signal.Signals]], channels: Channels, tmp_path: Path
) -> None:
    """The sources go on; a broken file is said and changes nothing."""
    source = ScriptedSource("user")
    file = tmp_path / "channels.toml"
    file.write_text(f"version = 1\n[[channel]]\nid = {CHANNEL}\n")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Reception([source], channels, ServiceManager(None)).run, signals[1])
        signals[0].send_nowait(signal.SIGHUP)
        await eventually(lambda: len(channels.declared) == 1)
        file.write_text("version = 7")
        signals[0].send_nowait(signal.SIGHUP)
        await eventually(lambda: signals[0].statistics().current_buffer_used == 0)
        assert len(channels.declared) == 1
        assert not source.was_cancelled
        signals[0].send_nowait(signal.SIGTERM)


async def test_a_lost_source_leaves_the_others_running(
    signals: tuple[Signals, AsyncIterator[signal.Signals]], channels: Channels
) -> None:
    """Only when nobody can hear any more does the service end, with the first loss's status."""
    both = anyio.Event()
    user = losing("user", "login_required", LoginRequiredError("tpcapital login"))
    bot = losing("bot", "banned", AccountBannedError("the bot is gone"), both)
    reception = Reception([user, bot], channels, ServiceManager(None))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reception.run, signals[1])
        await eventually(lambda: user.state.has_ended)
        assert not bot.state.has_ended
        signals[0].send_nowait(signal.SIGTERM)
    assert bot.was_cancelled


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda: ("login_required", LoginRequiredError("x")), ExitStatus.LOGIN_REQUIRED),
        (lambda: ("banned", AccountBannedError("x")), ExitStatus.ACCOUNT_BANNED),
    ],
)
async def test_the_last_source_s_loss_ends_the_service(
    signals: tuple[Signals, AsyncIterator[signal.Signals]],
    channels: Channels,
    make: Callable[[], tuple[Condition, SourceLostError]],
    status: ExitStatus,
) -> None:
    """With its status, which a supervisor does not restart on; a finished replay is no source."""
    condition, error = make()
    replay: ScriptedSource

    async def finish() -> None:
        replay.state.turn("finished")

    replay = ScriptedSource("replay", finish)
    lost = losing("user", condition, error)
    scripts: list[Awaitable[ExitStatus]] = [
        Reception([replay, lost], channels, ServiceManager(None)).run(signals[1])
    ]
    assert await scripts[0] is status
