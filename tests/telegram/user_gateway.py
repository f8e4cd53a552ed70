"""A real gateway process whose user session is at the scripted Telegram of the test."""

import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from tests.gateway_process import GatewayProcess
from tests.telegram.channel import Channel
from tests.telegram.client import API_HASH, API_ID
from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.session import write_session
from tests.waiting import eventually

_NOBODY = "http://127.0.0.1:1/ingest"


class UserGateway:
    """The process, its files and its command line. Nothing here blocks the loop of the server."""

    def __init__(self, folder: Path, server: MtprotoServer, **variables: str) -> None:
        self.server = server
        self.outbox = folder / "outbox.sqlite3"
        self.channels_file = folder / "channels.toml"
        session = folder / "session"
        session.mkdir(mode=0o700)
        write_session(session / "gateway.session", server.telegram.login(), server.port)
        self.environ = {
            "SESSION_DIR": str(session),
            "CHANNELS_FILE": str(self.channels_file),
            "TELEGRAM_API_ID": str(API_ID),
            "TELEGRAM_API_HASH": API_HASH,
            "TELEGRAM_DC": f"2@127.0.0.1:{server.port}",
            "RECONCILE_SECONDS": "0.5",
            "DRAIN_SECONDS": "0",
            **variables,
        }
        self.process = GatewayProcess(self.outbox, _NOBODY, folder / "gateway.log", **self.environ)

    def declare(
        self, *sources: Channel, destination: Channel | None = None, of_bot: Sequence[int] = ()
    ) -> None:
        """Write the channels file; `of_bot` are ids that the user session does not know."""
        lines = ["version = 1", *(f"[[channel]]\nid = {id_}" for id_ in of_bot)]
        for channel in (*sources, *([destination] if destination else [])):
            role = "destination" if channel is destination else "source"
            lines.append(f'[[channel]]\nid = {channel.marked_id}\nrole = "{role}"')
        self.channels_file.write_text("\n".join(lines))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Started, with its connection to Telegram; gone at the end."""
        try:
            await self.start()
            yield
        finally:
            await anyio.to_thread.run_sync(self.process.leave)

    async def start(self) -> None:
        """Start, and wait for the connection."""
        await anyio.to_thread.run_sync(self.process.start)
        await eventually(lambda: bool(self.server.connections))

    async def kill(self) -> None:
        """SIGKILL."""
        await anyio.to_thread.run_sync(self.process.kill)

    async def seen(self, *channels: Channel) -> None:
        """Wait until each of them has been compared with Telegram."""
        wanted = {channel.marked_id for channel in channels}

        def are_tracked() -> bool:
            found = self.rows("SELECT channel_id FROM channel WHERE state = 'tracked'")
            return wanted <= {row[0] for row in found}

        await eventually(are_tracked)

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the outbox file, read beside its owner."""
        uri = f"{self.outbox.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return connection.execute(question, values).fetchall()

    def number(self, question: str, *values: object) -> int:
        """One number of the outbox file."""
        return int(self.rows(question, *values)[0][0])

    async def tpcapital(self, *arguments: str, status: int = 0) -> Any:
        """What a command prints with --json, as a process of its own."""
        command = [sys.executable, "-c", "from ops.cli import main; main()", *arguments, "--json"]
        environ = {**self.process._environ, "OUTBOX_PATH": str(self.outbox)}
        with anyio.fail_after(60):
            done = await anyio.run_process(command, env=environ, check=False)
        assert done.returncode == status, done.stderr.decode()
        return json.loads(done.stdout)
