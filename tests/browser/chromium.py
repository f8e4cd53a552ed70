"""A headless Chromium of Debian's package, driven by its DevTools protocol."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import anyio
from anyio.streams.memory import MemoryObjectSendStream

from tests.waiting import until

BINARY = shutil.which("chromium")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-extensions", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=pt-BR"),
    "--remote-debugging-port=0",
)
_ANSWER_SECONDS = 20


@contextmanager
def running_chromium() -> Iterator[str]:
    """A browser with a profile of its own; the address of its DevTools."""
    if BINARY is None:
        raise RuntimeError("chromium is absent; apt-get install chromium")
    with TemporaryDirectory(prefix="tpcapital-chromium-", ignore_cleanup_errors=True) as folder:
        # A session of its own, so that all its processes end together.
        process = subprocess.Popen(
            [BINARY, *_FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            port_file = Path(folder) / "DevToolsActivePort"
            until(lambda: port_file.exists() and port_file.read_text().count("\n") >= 1)
            port, path = port_file.read_text().split("\n")[:2]
            yield f"ws://127.0.0.1:{port}{path}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class ProtocolError(RuntimeError):
    """The browser refused a command."""


class DevTools:
    """Commands to the browser and its tabs, and what the tabs tell."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._waiting: dict[int, MemoryObjectSendStream[dict[str, Any]]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}

    async def read(self) -> None:
        """Hand on what the browser says, until it ends."""
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                if waiting := self._waiting.get(told["id"]):
                    waiting.send_nowait(told)
            elif "sessionId" in told:
                self.events.setdefault(told["sessionId"], []).append(told)

    async def send(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """A command's result. Raises ProtocolError, TimeoutError."""
        self._number += 1
        send, receive = anyio.create_memory_object_stream[dict[str, Any]](1)
        self._waiting[self._number] = send
        command: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        with send, receive:
            try:
                await self._socket.send_str(json.dumps(command))
                with anyio.fail_after(_ANSWER_SECONDS):
                    answer = await receive.receive()
            finally:
                del self._waiting[command["id"]]
        if "error" in answer:
            raise ProtocolError(f"{method}: {answer['error']}")
        return answer["result"]


@asynccontextmanager
async def dev_tools(address: str) -> AsyncIterator[DevTools]:
    """A connection to the browser."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, max_msg_size=0) as socket,
        anyio.create_task_group() as tasks,
    ):
        tools = DevTools(socket)
        tasks.start_soon(tools.read)
        yield tools
        tasks.cancel_scope.cancel()
