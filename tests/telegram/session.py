"""A Telethon session file that is logged in already."""

import os
from pathlib import Path

from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession

from tests.listener import HOST
from tests.telegram.files import HOME
from tests.telegram.world import Login


def write_session(path: Path, login: Login, port: int) -> Path:
    """Write a file (mode 0600) with the login's key for the server at this port.

    `path` ends in .session, as Telethon would have it.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    session = SQLiteSession(str(path))
    session.set_dc(HOME, HOST, port)
    session.auth_key = AuthKey(login.key)
    session.save()
    session.close()
    return path
