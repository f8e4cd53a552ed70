"""`tpcapital login` on a real terminal: asked and answered, wrong answers, a drawn QR code."""

import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from ops.session.qr_code import blocks
from tests.telegram.login_place import COMMAND, LoginPlace, login_place
from tests.telegram.terminal_process import TerminalProcess, on_terminal
from tests.waiting import eventually


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[LoginPlace]:
    """A server, and an account that nobody has logged in."""
    async with login_place(tmp_path) as place:
        yield place


async def test_a_person_is_asked_for_all_that_is_needed(place: LoginPlace) -> None:
    """Number, code and password, each wrong one once more; the password is not shown."""
    place.desk.password = "correct horse"
    del place.environ["TELEGRAM_PHONE_NUMBER"]
    async with on_terminal([*COMMAND, "login"], place.environ) as person:
        await person.wait_for("Phone number, as +5511987654321: ")
        person.type(f" +{place.telegram.me.phone[:2]} ({place.telegram.me.phone[2:]}) ")
        await person.wait_for("Telegram has sent a code to +55…65, in the Telegram app")
        await person.wait_for("Code: ")
        person.type("99999")
        await person.wait_for("The code is wrong; 2 more tries.")
        await person.wait_for("Code: ", times=2)
        person.type(place.desk.code)
        await person.wait_for("Two-step password (hint: the usual): ")
        person.type("battery staple")
        await person.wait_for("The two-step password is wrong; 2 more tries.")
        await person.wait_for("Two-step password", times=2)
        person.type("correct horse")
        await person.wait_for("Logged in as Ana")
        assert await person.end() == 0
        assert "battery staple" not in person.shown
        assert "correct horse" not in person.shown
    assert (await place.who(), place.desk.sent) == ("Ana", 1)


async def test_after_three_wrong_codes_it_ends(place: LoginPlace) -> None:
    """And Ctrl-C at a question is no traceback; both leave the code good for the next run."""
    async with on_terminal([*COMMAND, "login"], place.environ) as person:
        for number in range(1, 4):
            await person.wait_for("Code: ", times=number)
            person.type("99999")
        await person.wait_for("Error: The code is wrong.")
        assert await person.end() == 1
    async with on_terminal([*COMMAND, "login"], place.environ) as person:
        await person.wait_for("no new code was sent.")
        await person.wait_for("Code: ")
        person.interrupt()
        assert await person.end() == 1
        assert "Traceback" not in person.shown
    async with on_terminal([*COMMAND, "login"], place.environ) as person:
        await person.wait_for("Code: ")
        person.type(place.desk.code)
        assert await person.end() == 0
    assert place.desk.sent == 1


@pytest.mark.parametrize("password", [None, "correct horse"])
async def test_a_phone_scans_the_drawn_code(place: LoginPlace, password: str | None) -> None:
    """A renewed one: the first was left until it expired. Then the password, if there is one."""
    place.desk.password = password
    place.desk.token_seconds = 2
    async with on_terminal([*COMMAND, "login", "--qr"], place.environ) as person:
        await person.wait_for("This one is good until", times=2)
        codes = [blocks(url_of(token)) for token in place.desk.tokens]
        assert codes.index(drawn(person)) > 0
        place.desk.scan(list(place.desk.tokens)[codes.index(drawn(person))])
        if password:
            await person.wait_for("Two-step password")
            person.type(password)
        await person.wait_for("Logged in as Ana")
        assert await person.end() == 0
    assert await place.who() == "Ana"


async def test_the_url_is_a_line_where_there_is_no_terminal(place: LoginPlace) -> None:
    """A script can hand it on; nobody scanning it is a sentence."""
    place.desk.token_seconds = 2
    async with anyio.create_task_group() as tasks:

        async def scan() -> None:
            await eventually(lambda: place.desk.exported == 1)
            place.desk.scan(*place.desk.tokens)

        tasks.start_soon(scan)
        done = await place.run("login", "--qr")
    assert done.returncode == 0, done
    assert done.stdout.startswith("tg://login?token=")
    assert (await place.run("logout")).returncode == 0
    alone = await place.run("login", "--qr", "--wait", "0.1")
    assert (alone.returncode, "nobody scanned the QR code" in alone.stderr) == (1, True), alone


def drawn(person: TerminalProcess) -> list[str]:
    """The newest code on the screen."""
    rows = [line for line in person.shown.split("\n") if re.fullmatch(r"[ ▄▀█]{20,}", line)]
    return rows[-len(rows) // 2 :]


def url_of(token: bytes) -> str:
    """What a phone reads out of the code."""
    return f"tg://login?token={urlsafe_b64encode(token).decode().rstrip('=')}"
