"""What a service manager hears, on real sockets."""

import logging
import os
from pathlib import Path

import anyio
import pytest

from gateway_outbox import service_manager
from gateway_outbox.service_manager import MAX_STATUS, connect, watchdog_seconds
from tests.notify_socket import notify_socket
from tests.waiting import eventually


@pytest.mark.parametrize("kind", ["path", "name"])
async def test_it_hears_every_word_at_a_path_or_a_name(kind: str, tmp_path: Path) -> None:
    """Each word is a datagram of its own; a reload says when it began."""
    address = f"@tpcapital-test-{os.getpid()}" if kind == "name" else str(tmp_path / "notify")
    with notify_socket(address) as manager, connect({"NOTIFY_SOCKET": address}) as told:
        await told.ready()
        await told.alive()
        await told.reloading()
        await told.reloaded()
        await told.stopping(2.5)
        heard = manager.told
    (began,) = [line for line in heard if line.startswith("MONOTONIC_USEC=")]
    assert began.removeprefix("MONOTONIC_USEC=").isdecimal()
    assert [line for line in heard if line != began] == [
        *("READY=1", "WATCHDOG=1", "RELOADING=1", "READY=1", "STOPPING=1"),
        "EXTEND_TIMEOUT_USEC=2500000",
    ]


async def test_a_reload_while_starting_does_not_make_it_ready(tmp_path: Path) -> None:
    """READY=1 ends a reload, and the start too; only the start itself may end the start."""
    address = tmp_path / "notify"
    with notify_socket(address) as manager, connect({"NOTIFY_SOCKET": str(address)}) as told:
        await told.reloading()
        await told.reloaded()
        assert manager.told == []


async def test_the_status_is_one_short_line_told_when_it_changes(tmp_path: Path) -> None:
    """A line end in it would be a line of the protocol."""
    address = tmp_path / "notify"
    with notify_socket(address) as manager, connect({"NOTIFY_SOCKET": str(address)}) as told:
        for text in ("1 pending", "1 pending", "x\nREADY=1", "y" * 1000):
            await told.status(text)
        assert manager.told == [
            "STATUS=1 pending",
            "STATUS=x READY=1",
            "STATUS=" + "y" * MAX_STATUS,
        ]


async def test_nobody_listens_without_the_variable() -> None:
    """A gateway on a terminal tells nobody, and needs no watchdog."""
    with connect({"WATCHDOG_USEC": "1000000"}) as told:
        assert (told.listens, told.watchdog_seconds) == (False, None)
        await told.ready()


async def test_no_word_is_lost_when_the_manager_is_slow(tmp_path: Path) -> None:
    """The kernel keeps few datagrams; the rest wait for it to be read."""
    address = tmp_path / "notify"
    with notify_socket(address) as manager, connect({"NOTIFY_SOCKET": str(address)}) as told:

        async def tell() -> None:
            for _ in range(2000):
                await told.alive()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tell)
            await eventually(lambda: len(manager.told) == 2000)


async def test_many_tasks_may_speak_to_a_slow_manager(tmp_path: Path) -> None:
    """One socket, one who waits for it: the other waits its turn, and no word is lost."""
    address = tmp_path / "notify"
    with notify_socket(address) as manager, connect({"NOTIFY_SOCKET": str(address)}) as told:
        async with anyio.create_task_group() as tasks:
            for _ in range(40):
                tasks.start_soon(told.alive)
            await eventually(lambda: manager.told.count("WATCHDOG=1") == 40)


async def test_a_manager_that_never_reads_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A stop must not wait for it."""
    monkeypatch.setattr(service_manager, "PATIENCE_SECONDS", 0.05)
    address = tmp_path / "notify"
    with notify_socket(address), connect({"NOTIFY_SOCKET": str(address)}) as told:
        with caplog.at_level(logging.WARNING), anyio.fail_after(10):
            while "did not read WATCHDOG=1" not in caplog.text:
                await told.alive()
            await told.stopping(1.0)
        assert told.listens


async def test_a_manager_that_is_gone_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, while it runs as at the start."""
    with caplog.at_level(logging.WARNING):
        second = tmp_path / "second"
        with notify_socket(second) as gone, connect({"NOTIFY_SOCKET": str(second)}) as told:
            gone._listening.close()
            await told.alive()
            await told.alive()
            assert not told.listens
        with connect({"NOTIFY_SOCKET": str(tmp_path / "third")}) as told:
            assert not told.listens
    assert [getattr(record, "action", "") for record in caplog.records] == [
        "service.manager_gone",
        "service.manager_gone",
    ]


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_for_the_process_it_names(
    environ: dict[str, str], seconds: float | None
) -> None:
    """A child that inherits the variables gives no signs of life for its parent."""
    assert watchdog_seconds(environ) == seconds
