"""What a service manager is told of a real gateway, and when it gets no sign of life."""

import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from contracts.exit_status import ExitStatus
from contracts.telemetry import Telemetry
from gateway_outbox import supervision
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.outbox.outbox_writer import Command
from gateway_outbox.relay.relay import Relay
from gateway_outbox.service_manager import ServiceManager, connect
from gateway_outbox.source import SourceState
from gateway_outbox.supervision import Supervision, fault_of, status_line
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.gateway_process import GatewayProcess
from tests.messages import messages
from tests.notify_socket import NotifySocket, notify_socket
from tests.running_gateway import NOBODY_LISTENS
from tests.telegram.bot_api_server import bot_api_server
from tests.waiting import eventually


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[NotifySocket]:
    """The socket of a service manager."""
    with notify_socket(tmp_path / "notify") as listening:
        yield listening


def gateway(folder: Path, manager: NotifySocket, **more: str) -> GatewayProcess:
    """A gateway that tells a manager, whose API is not there."""
    variables = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "300000", "DRAIN_SECONDS": "0"}
    outbox = folder / "outbox.sqlite3"
    return GatewayProcess(outbox, NOBODY_LISTENS, folder / "log", **variables | more)


def test_a_gateway_tells_its_whole_life(tmp_path: Path, manager: NotifySocket) -> None:
    """Ready, how it is, signs of life while the API is away, a reload, the stop."""
    with gateway(tmp_path, manager) as process:
        manager.wait_for("READY=1")
        manager.wait_for("WATCHDOG=1")
        assert manager.last_status() == "STATUS=no source; 0 pending; no message yet"
        process.signal(signal.SIGHUP)
        manager.wait_for("RELOADING=1")
        process.signal(signal.SIGTERM)
        assert process.wait() == ExitStatus.OK
    told = manager.told
    assert told[0] == "STATUS=opening the outbox"
    order = [told.index("READY=1"), told.index("RELOADING=1"), told.index("STOPPING=1")]
    assert order == sorted(order)
    assert told.count("READY=1") == 2
    assert f"EXTEND_TIMEOUT_USEC={int(supervision.STOP_SECONDS * 1e6)}" in told


async def test_with_a_lost_login_alone_it_is_never_ready(
    tmp_path: Path, manager: NotifySocket
) -> None:
    """So that the start fails where a person sees it."""
    async with bot_api_server() as server:
        process = gateway(
            tmp_path,
            manager,
            TELEGRAM_INGESTION_BOT_TOKEN="987654:some_other_bot",
            TELEGRAM_BOT_API_BASE=server.base,
        )
        process.launch()
        try:
            await eventually(lambda: bool(manager.told) and process.has_ended)
            ended = process.wait()
        finally:
            await anyio.to_thread.run_sync(process.kill)
    assert ended == ExitStatus.LOGIN_REQUIRED
    assert "READY=1" not in manager.told


async def supervised(address: str, outbox: Outbox, relay: Relay, source: SourceState) -> None:
    """A supervision as the service runs it."""
    with connect({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "150000"}) as told:
        watching = Supervision(told, 1.0)
        watching.receiving(outbox, relay, [source])
        await watching.run()


async def test_telegram_and_the_api_being_down_give_signs_of_life(
    manager: NotifySocket, outbox: Outbox, relay: Relay, api: ScriptedApi
) -> None:
    """A restart would mend neither; the line says what is wrong."""
    api.script = lambda _api, _messages: status(503)
    await outbox.append(messages(2), "bot")
    source = SourceState("user", "transient")
    source.note_received(1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(supervised, manager.address, outbox, relay, source)
        await eventually(lambda: manager.told.count("WATCHDOG=1") > 1)
        await eventually(lambda: "retrying (server_error)" in manager.last_status())
        tasks.cancel_scope.cancel()
    assert "READY=1" in manager.told
    line = manager.last_status()
    assert re.search(
        r"user transient; 2 pending; retrying .*; last message \d{4}-\d\d-\d\d .* UTC$", line
    )


async def test_a_stuck_writer_gets_no_sign_of_life(
    manager: NotifySocket,
    outbox: Outbox,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nor does the gateway become ready: it could not store."""
    monkeypatch.setattr(supervision, "CHECK_SECONDS", 0.05)
    ends = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outbox._writer.submit, Command(lambda _: ends.wait()))
        tasks.start_soon(supervised, manager.address, outbox, relay, SourceState("bot", "silent"))
        await eventually(lambda: "no sign of life is given" in caplog.text)
        assert not {"READY=1", "WATCHDOG=1"} & {*manager.told}
        ends.set()
        await eventually(lambda: {"READY=1", "WATCHDOG=1"} <= {*manager.told})
        tasks.cancel_scope.cancel()


async def test_a_held_outbox_is_no_reason_to_restart(
    outbox: Outbox, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program's lock or a full disk is waited out; the status line says it."""
    monkeypatch.setattr(supervision, "CHECK_SECONDS", 0.05)
    await outbox._writer.submit(Command(lambda db: db.execute("PRAGMA busy_timeout = 1")))
    with closing(sqlite3.connect(outbox.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outbox.append, messages(1), "bot")
            await eventually(lambda: bool(outbox.held))
            assert await fault_of(outbox, relay, grace=-1) == ""
            assert "cannot store: another program" in status_line(outbox, relay, [])
            other.execute("ROLLBACK")


async def test_a_relay_that_does_not_turn_gets_no_sign_of_life(
    outbox: Outbox, relay: Relay, telemetry: Telemetry
) -> None:
    """One that waits for its time does; nothing else tells that its loop is gone."""
    assert await fault_of(outbox, relay, grace=5) == ""
    dead = Relay(outbox, relay._delivery, relay._backoff, 1, telemetry)
    await eventually(lambda: dead.late_seconds > 0)
    assert "the relay has not turned" in await fault_of(outbox, dead, grace=0)


async def test_without_a_manager_nothing_runs(outbox: Outbox, relay: Relay) -> None:
    """A gateway in a terminal is not looked at each second."""
    with anyio.fail_after(1):
        await Supervision(ServiceManager(None), 1.0).run()
    assert status_line(outbox, relay, [], stopping=True) == "stopping; 0 pending; no message yet"


async def test_a_long_recovery_asks_for_more_time_up_to_a_limit(
    manager: NotifySocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large outbox is checked and salvaged; a start that hangs is ended all the same."""
    monkeypatch.setattr(supervision, "EXTEND_SECONDS", 0.3)
    monkeypatch.setattr(supervision, "MOST_START_SECONDS", 0.6)
    with connect({"NOTIFY_SOCKET": manager.address}) as told, anyio.move_on_after(1.2):
        await Supervision(told, 1.0).run()
    assert 1 <= manager.told.count("EXTEND_TIMEOUT_USEC=300000") <= 5
