"""`tpcapital logout`: ended at Telegram first, then removed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.telegram.login_place import LoginPlace, login_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[LoginPlace]:
    """A server, and an account that nobody has logged in."""
    async with login_place(tmp_path) as place:
        yield place


async def test_logout_ends_the_session_at_telegram(place: LoginPlace) -> None:
    """Then the file goes, and its copy of the key with it."""
    place.write_session()
    place.session.with_name("gateway.session.bak").write_bytes(place.session.read_bytes())
    place.session.with_name("gateway.session.bak").chmod(0o600)
    done = await place.run("logout")
    assert done.returncode == 0, done
    assert "Telegram ended the session. Removed: " in done.stdout
    assert [each.name for each in place.session.parent.iterdir()] == ["gateway.session.lock"]
    assert [login.account for login in place.telegram.logins.values()] == [None]
    again = await place.run("logout")
    assert (again.returncode, "Type: tpcapital login" in again.stderr) == (1, True)


async def test_logout_without_an_answer_removes_nothing(place: LoginPlace) -> None:
    """The key would live on with nobody to end it."""
    place.write_session()
    done = await place.run("logout", TELEGRAM_DC="2@127.0.0.1:1")
    assert (done.returncode, "cannot be reached" in done.stderr) == (1, True), done
    assert place.session.exists()


async def test_logout_of_a_session_that_was_ended_elsewhere(place: LoginPlace) -> None:
    """It is over already: the file goes."""
    place.write_session()
    place.server.faults.fail("auth.LogOut", 401, "SESSION_REVOKED")
    done = await place.run("logout")
    assert (done.returncode, "had ended the session before" in done.stdout) == (0, True), done
    assert not place.session.exists()
