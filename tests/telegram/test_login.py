"""`tpcapital login` as real processes against the scripted server: nothing asked, files answer."""

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from gateway_outbox.session.session_file import hold_session
from tests.gateway_outbox.session_files import key_of
from tests.telegram.client import client_of
from tests.telegram.login_place import LoginPlace, login_place
from tests.waiting import eventually


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[LoginPlace]:
    """A server, and an account that nobody has logged in."""
    async with login_place(tmp_path) as place:
        yield place


def written(path: Path, text: str) -> str:
    """The file's name, with this in it."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def no_secret(place: LoginPlace, text: str) -> bool:
    """Whether neither number, code, password nor api_hash is in the text."""
    secrets = [place.telegram.me.phone, place.desk.code, place.environ["TELEGRAM_API_HASH"]]
    return not any(each in text for each in [*secrets, place.desk.password or "\0"])


async def test_a_script_logs_in_with_code_and_password_from_files(
    place: LoginPlace, tmp_path: Path
) -> None:
    """From no key at all to a session that a plain client uses; folder and files are private."""
    place.desk.password = "correct horse"
    code, password = tmp_path / "code", written(tmp_path / "password", "correct horse\n")
    async with anyio.create_task_group() as tasks:

        async def run() -> None:
            done = await place.run("login", "--code-file", str(code), "--password-file", password)
            assert (done.returncode, done.stderr.count("Waiting up to 300 s")) == (0, 1), done
            assert f"Logged in as Ana (id {place.telegram.me.id})" in done.stdout
            assert "tpcapital gateway" in done.stdout
            assert no_secret(place, done.stdout + done.stderr)

        tasks.start_soon(run)
        await eventually(lambda: place.desk.sent == 1)
        code.write_text(f"{place.desk.code}\n")  # it appears later
    folder = place.session.parent
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
    assert modes == {"gateway.session": 0o600, "gateway.session.lock": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert await place.who() == "Ana"
    assert place.keys.made == 1


async def test_a_login_that_was_given_up_goes_on_without_a_new_code(
    place: LoginPlace, tmp_path: Path
) -> None:
    """First nothing but the code is sent; then the code; then the password: three runs."""
    place.desk.password = "correct horse"
    code, password = tmp_path / "code", tmp_path / "password"
    first = await place.run("login", "--code-file", str(code), "--wait", "0")
    assert (first.returncode, "The code stays good" in first.stderr) == (1, True)
    note = place.session.with_name("login.json")
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    written(code, place.desk.code)
    second = await place.run("login", "--code-file", str(code))
    assert (second.returncode, "--password-file FILE" in second.stderr) == (1, True)
    assert not place.session.exists()
    written(password, "correct horse")
    third = await place.run("login", "--password-file", str(password))
    assert third.returncode == 0, third
    assert (place.desk.sent, place.keys.made, await place.who()) == (1, 1, "Ana")
    assert not note.exists()


async def test_a_file_from_before_the_code_is_not_taken(place: LoginPlace, tmp_path: Path) -> None:
    """Last time's code is still there: it is waited for the new one."""
    code = tmp_path / "code"
    written(code, "54321")
    os.utime(code, (1_000_000_000, 1_000_000_000))
    done = await place.run("login", "--code-file", str(code), "--wait", "0.5")
    assert (done.returncode, "older than the code that was sent" in done.stderr) == (1, True)
    assert place.server.count("auth.SignIn") == 0


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("wrong", "The code is wrong."),
        ("expired", "The code has expired. Type `tpcapital login` again: a new one is sent"),
        ("password", "The two-step password is wrong."),
        ("number", "Telegram does not take the phone number."),
        ("not a number", "the phone number is none"),
        ("flood", "Telegram asks to wait 4000 s, until "),
        ("old", "Telegram wants a newer program for this login."),
        ("api", "TELEGRAM_API_ID and TELEGRAM_API_HASH do not belong together."),
        ("away", "the server cannot be reached: Connection to Telegram failed 3 time(s)"),
    ],
)
async def test_each_trouble_is_a_sentence(
    place: LoginPlace, tmp_path: Path, trouble: str, said: str
) -> None:
    """Status 1, one sentence that says what to do, no traceback, no secret, no session."""
    variables = {}
    code = place.desk.code
    if trouble == "wrong":
        code = "99999"
    elif trouble == "expired":
        place.server.faults.fail("auth.SignIn", 400, "PHONE_CODE_EXPIRED")
    elif trouble == "password":
        place.desk.password = "correct horse"
    elif trouble in ("number", "not a number"):
        variables["TELEGRAM_PHONE_NUMBER"] = "+551100" if trouble == "number" else "call me"
    elif trouble == "flood":
        place.server.faults.flood("auth.SendCode", 4000)
    elif trouble == "old":
        place.server.faults.fail("auth.SignIn", 406, "UPDATE_APP_TO_LOGIN")
    elif trouble == "api":
        place.server.faults.fail("auth.SendCode", 400, "API_ID_INVALID")
    else:
        variables["TELEGRAM_DC"] = "2@127.0.0.1:1"
    files = ["--code-file", str(tmp_path / "code")]
    files += ["--password-file", written(tmp_path / "password", "battery staple")]
    begun = await place.run("login", "--code-file", files[1], "--wait", "0", **variables)
    if "The code stays good" in begun.stderr:
        written(tmp_path / "code", code)
        begun = await place.run("login", *files, **variables)
    assert (begun.returncode, begun.stderr.count("Error: ")) == (1, 1), begun
    assert said in begun.stderr
    assert "Traceback" not in begun.stderr
    assert no_secret(place, begun.stderr + begun.stdout)
    assert not place.session.exists()


async def test_an_expired_code_is_followed_by_a_new_one(place: LoginPlace, tmp_path: Path) -> None:
    """The next run has one sent, with the key that there is."""
    code = tmp_path / "code"
    await place.run("login", "--code-file", str(code), "--wait", "0")
    place.desk.expired = True
    written(code, place.desk.code)
    assert (await place.run("login", "--code-file", str(code))).returncode == 1
    code.unlink()
    again = await place.run("login", "--code-file", str(code), "--wait", "0")
    written(code, place.desk.code)
    done = await place.run("login", "--code-file", str(code))
    assert done.returncode == 0, (again, done)
    assert (place.desk.sent, place.keys.made) == (2, 1)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "Give --code-file FILE"),
        ({"TELEGRAM_PHONE_NUMBER": ""}, "Give --code-file FILE"),
        ({"TELEGRAM_API_ID": "", "TELEGRAM_API_HASH": ""}, "https://my.telegram.org shows both"),
        ({"TELEGRAM_API_ID": ""}, "TELEGRAM_API_ID is not set"),
    ],
)
async def test_nobody_there_and_nothing_given(
    place: LoginPlace, variables: dict[str, str], said: str
) -> None:
    """It says which option to give before it asks Telegram anything; no hanging at a question."""
    done = await place.run("login", **variables)
    assert (done.returncode, said in done.stderr) == (1, True), done
    assert "Traceback" not in done.stderr
    assert (place.desk.sent, place.keys.made, place.server.asked) == (0, 0, [])


async def test_a_session_that_is_held_is_not_touched(place: LoginPlace) -> None:
    """While a gateway has it, neither login nor logout connects; both name the pid."""
    with hold_session(place.session):
        for command in (["login", "--qr"], ["logout"]):
            done = await place.run(*command)
            assert (done.returncode, f"already running, pid {os.getpid()}" in done.stderr) == (
                1,
                True,
            )
    assert place.server.asked == []


async def test_who_is_logged_in_stays_so(place: LoginPlace) -> None:
    """A second login asks who it is, and changes nothing."""
    place.write_session()
    before = place.session.read_bytes()
    done = await place.run("login")
    assert done.returncode == 0
    assert "Already logged in as Ana" in done.stdout
    assert place.session.read_bytes()[:16] == before[:16]
    assert place.desk.sent == 0


async def test_a_backup_beside_a_client_that_writes(place: LoginPlace, tmp_path: Path) -> None:
    """The library keeps a transaction open for a minute; the copy has what was committed."""
    place.write_session()
    client = client_of(place.session)
    with hold_session(place.session):
        await client.connect()
        await client.get_me()
        done = await place.run("session", "backup", "--to", str(tmp_path / "copy.session"))
        await client.disconnect()
    assert done.returncode == 0, done
    assert key_of(tmp_path / "copy.session") == key_of(place.session)
