"""`tpcapital login --import-string`: the key of another program becomes a session file."""

import base64
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telethon.sessions import StringSession

from tests.telegram.login_place import LoginPlace, login_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[LoginPlace]:
    """A server, and an account that nobody has logged in."""
    async with login_place(tmp_path) as place:
        yield place


async def test_a_session_that_telegram_has_ended_is_kept_aside(place: LoginPlace) -> None:
    """The new login takes its place; the old file can still be looked at."""
    place.write_session()
    place.telegram.logins.clear()  # the server forgets the key
    place.environ["TELEGRAM_SESSION"] = place.string_session()
    done = await place.run("login", "--import-string")
    assert done.returncode == 0, done
    assert "The session that is there: " in done.stderr
    assert len(list(place.session.parent.glob("gateway.session.replaced.*"))) == 1
    assert await place.who() == "Ana"


async def test_a_string_session_is_imported(place: LoginPlace, tmp_path: Path) -> None:
    """TELEGRAM_SESSION of the old gateway, from a file too; it is tried before it is kept."""
    string = place.string_session()
    file = tmp_path / "string"
    file.write_text(f"{string}\n", encoding="utf-8")
    done = await place.run("login", "--import-string", TELEGRAM_SESSION_FILE=str(file))
    assert done.returncode == 0, done
    assert (await place.who(), place.keys.made) == ("Ana", 0)
    assert string not in done.stdout + done.stderr


async def test_a_string_of_the_old_gateway_is_imported(place: LoginPlace) -> None:
    """GramJS writes the address as text, in plain base64."""
    given = StringSession(place.string_session())
    address = given.server_address.encode()
    head = struct.pack(f">BH{len(address)}sH", given.dc_id, len(address), address, given.port)
    string = "1" + base64.b64encode(head + given.auth_key.key).decode()
    done = await place.run("login", "--import-string", TELEGRAM_SESSION=string)
    assert done.returncode == 0, done
    assert (await place.who(), place.keys.made) == ("Ana", 0)
    assert string not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("string", "said"),
    [
        ("", "TELEGRAM_SESSION is not set"),
        ("2abc", "is no string session of Telethon or GramJS"),
        ("1AQAB", "is no string session of Telethon or GramJS"),
        ("1é", "is no string session of Telethon or GramJS"),
        ("dead", "Telegram does not know this session any more."),
    ],
)
async def test_a_string_that_is_no_login_is_refused(
    place: LoginPlace, string: str, said: str
) -> None:
    """Before or after Telegram was asked; no file is left that looks like a session."""
    if string == "dead":
        string = place.string_session()
        for login in place.telegram.logins.values():
            login.account = None
    done = await place.run("login", "--import-string", TELEGRAM_SESSION=string)
    assert (done.returncode, said in done.stderr) == (1, True), done
    assert "Traceback" not in done.stderr
    assert list(place.session.parent.glob("*.session")) == []
