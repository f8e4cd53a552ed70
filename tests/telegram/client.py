"""The real Telethon client, logged in at the scripted server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.sessions import SQLiteSession

from tests.telegram.mtproto_server import MtprotoServer
from tests.telegram.session import write_session

API_ID, API_HASH = 12345, "0123456789abcdef0123456789abcdef"


def client_of(path: Path, **options: Any) -> TelegramClient:
    """A client of a session file, not connected, with the gateway's choice of flags.

    Nothing is tried twice: Telethon counts retries without the first time.
    """
    flags: dict[str, Any] = {
        "auto_reconnect": False,
        "sequential_updates": True,
        "raise_last_call_error": True,
    }
    flags |= {"connection_retries": 0, "request_retries": 0, "retry_delay": 0}
    return TelegramClient(SQLiteSession(str(path)), API_ID, API_HASH, **{**flags, **options})


@asynccontextmanager
async def connected_client(
    server: MtprotoServer, folder: Path, **options: Any
) -> AsyncIterator[TelegramClient]:
    """A client that is logged in as `me` and connected inside the block."""
    path = folder / f"{len(server.telegram.logins)}.session"
    client = client_of(write_session(path, server.telegram.login(), server.port), **options)
    await client.connect()
    try:
        yield client
    finally:
        await client.disconnect()
