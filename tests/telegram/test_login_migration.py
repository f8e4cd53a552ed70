"""An account whose home is another data centre: a login follows it there, and stays."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from telethon import functions, types

from gateway_outbox.session.session_backup import inspect
from tests.telegram.account_answers import config
from tests.telegram.call import Call
from tests.telegram.login_place import LoginPlace, login_place
from tests.telegram.mtproto_server import MtprotoServer, running_server


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[LoginPlace]:
    """A server, and an account that nobody has logged in."""
    async with login_place(tmp_path) as place:
        yield place


@pytest.fixture
async def home(place: LoginPlace) -> AsyncIterator[MtprotoServer]:
    """Data centre 4, which the first one names."""
    async with running_server(place.telegram, place.keys) as home:
        home.answers |= place.desk.answers

        def config_of_both(call: Call) -> Any:
            found = config(call)
            own = types.DcOption(4, "127.0.0.1", home.port)
            found.dc_options = [each for each in found.dc_options if each.id != own.id] + [own]
            return found

        place.server.answers[functions.help.GetConfigRequest] = config_of_both
        yield home


async def test_the_code_is_sent_by_the_home(
    place: LoginPlace, home: MtprotoServer, tmp_path: Path
) -> None:
    """PHONE_MIGRATE: a key is made there, and the session stays there at the next start."""
    code = tmp_path / "code"
    place.server.faults.fail("auth.SendCode", 303, "PHONE_MIGRATE_4")
    await place.run("login", "--code-file", str(code), "--wait", "0")
    code.write_text(place.desk.code, encoding="ascii")
    done = await place.run("login", "--code-file", str(code))
    assert done.returncode == 0, done
    assert (home.count("auth.SignIn"), place.server.count("auth.SignIn")) == (1, 0)
    assert inspect(place.session).dc == f"4@127.0.0.1:{home.port}"
    assert "Already logged in" in (await place.run("login")).stdout
    assert (place.keys.made, place.desk.sent) == (2, 1)


async def test_a_scanned_code_leads_to_the_home(place: LoginPlace, home: MtprotoServer) -> None:
    """LoginTokenMigrateTo: the token is taken along."""
    place.desk.tokens[b"token"] = b""

    def elsewhere(_call: Call) -> Any:
        return types.auth.LoginTokenMigrateTo(4, b"token")

    place.server.answers[functions.auth.ExportLoginTokenRequest] = elsewhere
    done = await place.run("login", "--qr")
    assert done.returncode == 0, done
    assert inspect(place.session).dc == f"4@127.0.0.1:{home.port}"
