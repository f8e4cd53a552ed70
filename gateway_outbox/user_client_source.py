"""Telethon's client as this gateway uses it: one, with its session file, and no habits of its own.

It neither catches up nor reconnects nor sleeps out waits by itself: our own reconciliation, our own
reconnecting and our own stored waits do that, and say so.
"""

import logging
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import telethon
from telethon import TelegramClient
from telethon.sessions import SQLiteSession

from gateway_outbox.server_source import new_client, use_server
from gateway_outbox.session_backup import require_session
from gateway_outbox.settings import Settings


@asynccontextmanager
async def open_client(settings: Settings, path: Path) -> AsyncIterator[TelegramClient]:
    """The client of a session file, not connected; everything it started ends with the block.

    For the holder of the session's lock. Raises LoginRequiredError without a session,
    SessionUnusableError for one that is damaged or that others can read, ServerKeyError.
    """
    await anyio.to_thread.run_sync(require_session, path)
    _quieten()
    session = SQLiteSession(str(path))
    try:
        use_server(session, settings)
        client = _client(session, settings)
    except BaseException:
        session.close()
        raise
    try:
        yield client
    finally:
        await close(client)


async def close(client: TelegramClient) -> None:
    """End the connection and whatever the client started; it can be connected again."""
    with anyio.CancelScope(shield=True):
        await client.disconnect()
    ended = client.disconnected
    if ended.done() and not ended.cancelled():
        ended.exception()  # seen: else the loop complains that nobody has


def _quieten() -> None:
    """Leave Telethon's own errors, and no more: at lower levels it logs messages of people.

    That it does not reconnect by itself is no error: we do.
    """
    logging.getLogger("telethon").setLevel(logging.ERROR)
    logging.getLogger("telethon.network.mtprotosender").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return "Automatic reconnection" not in record.msg


def _client(session: SQLiteSession, settings: Settings) -> TelegramClient:
    return new_client(
        session,
        settings,
        connection_retries=0,  # beyond the first try: trying again is ours
        request_retries=0,
        retry_delay=0,
        auto_reconnect=False,
        sequential_updates=True,
        flood_sleep_threshold=0,
        receive_updates=True,
        catch_up=False,
        system_version=f"{platform.system()}, Telethon {telethon.__version__}",
    )
