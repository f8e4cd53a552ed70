"""A connection of the user session for one errand: a login, a logout, a look at who it is.

Only for the holder of the session's lock: a second connection with one key ends the key.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import anyio
from telethon import TelegramClient, errors, functions, types
from telethon.errors.common import AuthKeyNotFound, SecurityError
from telethon.sessions import SQLiteSession

from gateway_outbox.errors import LoginError
from gateway_outbox.session.login_refusal import sentence
from gateway_outbox.session.server_source import new_client, use_server
from gateway_outbox.session.session_settings import SessionSettings

# The key is worthless from now on: signed out, revoked, used twice, unknown to the server.
DEAD = (errors.UnauthorizedError, errors.AuthKeyError, AuthKeyNotFound)
# InvalidBufferError and what the network raises are among BufferError, EOFError and OSError.
_REFUSALS = (errors.RPCError, AuthKeyNotFound, SecurityError, BufferError, EOFError, OSError)


class Account(NamedTuple):
    """Whose session it is."""

    id: int
    name: str
    username: str | None

    def __str__(self) -> str:
        known = f"@{self.username}, " if self.username else ""
        return f"{self.name} ({known}id {self.id})"


@contextmanager
def told() -> Iterator[None]:
    """Turn what the library raises into a LoginError that says what happened and what to do."""
    try:
        yield
    except _REFUSALS as error:
        raise LoginError(sentence(error)) from error


def require_application(settings: SessionSettings) -> None:
    """Raise LoginError when the settings do not say which application asks."""
    if settings.telegram_api_id is None:
        raise LoginError(
            "TELEGRAM_API_ID and TELEGRAM_API_HASH are not set; https://my.telegram.org shows both"
        )


@asynccontextmanager
async def connected(file: Path, settings: SessionSettings) -> AsyncIterator[TelegramClient]:
    """A connected client of a session file, which must exist; closed and saved after the block.

    Raises the library's errors. No flood wait is sat out: whoever waits is a person.
    """
    require_application(settings)
    session = SQLiteSession(str(file))
    try:
        use_server(session, settings)
    except BaseException:
        session.close()
        raise
    client = new_client(session, settings, connection_retries=3, flood_sleep_threshold=0)
    try:
        await client.connect()
        yield client
    finally:
        with anyio.CancelScope(shield=True):
            await client.disconnect()


async def account_of(client: TelegramClient) -> Account:
    """Who is logged in. Raises the library's error, not the absence it makes of some, if nobody."""
    (user,) = await client(functions.users.GetUsersRequest([types.InputUserSelf()]))
    name = " ".join(part for part in (user.first_name, user.last_name) if part)
    return Account(user.id, name or "without a name", user.username)
