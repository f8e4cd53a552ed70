"""A scripted server where `tpcapital` processes log in, as a person or a script would."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import CompletedProcess

import anyio
from telethon.crypto import AuthKey
from telethon.sessions import StringSession

from tests.as_errors import PYTHONWARNINGS
from tests.listener import HOST
from tests.telegram.client import API_HASH, API_ID, client_of
from tests.telegram.files import HOME
from tests.telegram.handshake import KeyMaker
from tests.telegram.login_requests import LoginDesk
from tests.telegram.mtproto_server import MtprotoServer, running_server
from tests.telegram.session import write_session
from tests.telegram.world import Telegram

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from ops.cli import main; main()"]
RUN_SECONDS = 60


class LoginPlace:
    """The server, and a folder where a session is to be."""

    def __init__(self, server: MtprotoServer, folder: Path) -> None:
        self.server = server
        self.telegram = server.telegram
        self.telegram.me.phone = "5521998877665"  # not the one that our own sentences show
        self.keys = KeyMaker(self.telegram)
        self.desk = LoginDesk(self.telegram)
        server.handshake = self.keys
        server.answers |= self.desk.answers
        self.session = folder / "s" / "gateway.session"
        self.environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": PYTHONWARNINGS,
            "TELEGRAM_API_ID": str(API_ID),
            "TELEGRAM_API_HASH": API_HASH,
            "TELEGRAM_PHONE_NUMBER": f"+{self.telegram.me.phone}",
            "TELEGRAM_DC": f"2@127.0.0.1:{server.port}",
            "TELEGRAM_DC_PUBLIC_KEY": str(self.keys.write_public_key(folder / "server.pem")),
            "SESSION_DIR": str(self.session.parent),
            "OUTBOX_PATH": str(folder / "outbox.sqlite3"),
        }

    async def run(self, *arguments: str, **variables: str) -> "CompletedProcess[str]":
        """`tpcapital` with these arguments and nobody at a terminal, to its end."""
        with anyio.fail_after(RUN_SECONDS):
            done = await anyio.run_process(
                [*COMMAND, *arguments],
                stdin=-3,  # subprocess.DEVNULL
                check=False,
                env=self.environ | variables,
            )
        said = done.stdout.decode(), done.stderr.decode()
        return CompletedProcess(arguments, done.returncode, *said)

    def write_session(self) -> None:
        """The session of a login, without one."""
        self.session.parent.mkdir(mode=0o700)
        write_session(self.session, self.telegram.login(), self.server.port)

    def string_session(self) -> str:
        """A string session that is logged in."""
        session = StringSession()
        session.set_dc(HOME, HOST, self.server.port)
        session.auth_key = AuthKey(self.telegram.login().key)
        string: str = session.save()
        return string

    async def who(self) -> str:
        """The first name that a plain client of the library gets with the session."""
        client = client_of(self.session)
        await client.connect()
        try:
            me = await client.get_me()
            return str(me.first_name) if me else ""
        finally:
            await client.disconnect()


@asynccontextmanager
async def login_place(folder: Path) -> AsyncIterator[LoginPlace]:
    """A place with an account that nobody has logged in."""
    async with running_server(Telegram()) as server:
        yield LoginPlace(server, folder)
        assert server.unscripted == []
