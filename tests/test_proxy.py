"""The proxies that tests make outages with must themselves leave nothing behind."""

import gc
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import anyio
import anyio.lowlevel
from anyio.from_thread import start_blocking_portal

from tests.proxy import HOST, Proxy

NOBODY = 1  # no server listens there
TIMES = 300


@contextmanager
def connecting(port: int) -> Iterator[None]:
    """Another thread connects and goes, as fast as it can, for the length of the block."""
    ended = Event()

    def connect() -> None:
        while not ended.is_set():
            with socket.socket() as client:
                client.connect_ex((HOST, port))

    thread = Thread(target=connect)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def open_and_close(ports: list[int]) -> None:
    """A proxy that opens and closes while others connect."""
    async with anyio.create_task_group() as tasks:
        proxy = Proxy(HOST, NOBODY)
        async with proxy.running(tasks):
            ports.append(proxy.port)
            with connecting(proxy.port):
                for _ in range(TIMES):
                    await proxy.close()
                    assert not proxy.is_open
                    await proxy.open()
                    await anyio.lowlevel.checkpoint()


def test_closing_while_others_connect_leaves_no_socket_open() -> None:
    """Each connection that was taken is closed, also one that came at the moment of the closing."""
    gc.collect()
    ports: list[int] = []
    with warnings.catch_warnings(record=True) as caught, start_blocking_portal("asyncio") as portal:
        warnings.simplefilter("always")
        portal.call(open_and_close, ports)
        gc.collect()
    assert ports
    assert [str(each.message) for each in caught] == []
