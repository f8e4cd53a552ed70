"""Telethon's client as this gateway uses it: one for each connection, and no habits of its own.

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

from gateway_outbox.session.server_source import new_client, use_server
from gateway_outbox.session.session_backup import require_session
from gateway_outbox.settings import Settings


@asynccontextmanager
async def open_session(settings: Settings, path: Path) -> AsyncIterator[SQLiteSession]:
    """The session of a file, for the holder of its lock; closed after the block.

    Raises LoginRequiredError without a session, SessionUnusableError for one that is damaged or
    that others can read, ServerKeyError.
    """
    await anyio.to_thread.run_sync(require_session, path)
    _quieten()
    session = SQLiteSession(str(path))
    try:
        use_server(session, settings)
        yield session
    finally:
        session.close()


def client_of(session: SQLiteSession, settings: Settings) -> TelegramClient:
    """A client that is not connected, good for one connection.

    Closed in the moment in which the server hangs up, it can keep the mark of a reconnection that
    never ran; connected again, its loops would end at once and nothing be answered, for ever
    (Telethon 1.45, `MTProtoSender.disconnect` cancels the task that would take the mark away).
    """
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


async def close(client: TelegramClient) -> None:
    """End the connection and whatever the client started."""
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
