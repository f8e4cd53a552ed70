"""Logging the user session in and out: where a key gets an account behind it, and loses it.

A login works on a session of its own, `login.session`, which takes the place of the gateway's when
it is done: one that is given up harms nothing, and a later run goes on with it.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from telethon import TelegramClient, errors, functions

from gateway_outbox.account_source import (
    DEAD,
    Account,
    account_of,
    connected,
    require_application,
    told,
)
from gateway_outbox.code_login_source import CodeLogin
from gateway_outbox.errors import LoginError, LoginRequiredError, SessionUnusableError
from gateway_outbox.login_answers import Answers
from gateway_outbox.login_begun import discard_half_made, forget_begun, half_made
from gateway_outbox.login_refusal import sentence
from gateway_outbox.qr_login_source import QrLogin
from gateway_outbox.session_backup import inspect, require_session, set_aside
from gateway_outbox.session_file import hold_session, prepare_dir, prepare_file, session_path
from gateway_outbox.session_settings import SessionSettings
from gateway_outbox.string_session_source import StringSession
from gateway_outbox.whole_file import sync

SignIn = Callable[[TelegramClient], Awaitable[None]]


class LoggedIn(NamedTuple):
    """`before`: it was so already, and nothing was changed."""

    account: Account
    before: bool


class LoggedOut(NamedTuple):
    """`by_us`: Telegram ended the session now; else it had before. The files are gone."""

    by_us: bool
    removed: list[Path]


async def log_in_by_code(
    settings: SessionSettings, answers: Answers, *, fresh: bool = False
) -> LoggedIn:
    """With a code that Telegram sends, and the two-step password where there is one.

    A login that has begun is gone on with, unless `fresh`. As the others here it raises
    AlreadyRunningError, SessionUnusableError, ServerKeyError, and LoginError for all else.
    """
    login = CodeLogin(settings, answers, session_path(settings), fresh=fresh)
    require_application(settings)
    if not session_path(settings).exists():
        login.check()
    return await _log_in(settings, answers, login.run)


async def log_in_by_qr(settings: SessionSettings, answers: Answers) -> LoggedIn:
    """With a QR code that a phone scans where the account is logged in already."""
    return await _log_in(settings, answers, QrLogin(settings, answers).run)


async def import_string(settings: SessionSettings, answers: Answers) -> LoggedIn:
    """With the string session of TELEGRAM_SESSION, from another program with Telethon or GramJS."""
    if settings.telegram_session is None:
        raise LoginError("TELEGRAM_SESSION is not set (nor TELEGRAM_SESSION_FILE)")
    given = StringSession.of(settings.telegram_session, "TELEGRAM_SESSION")
    return await _log_in(settings, answers, _nothing_to_ask, given)


async def log_out(settings: SessionSettings) -> LoggedOut:
    """End the session at Telegram, then remove its file and the copies of its key.

    When Telegram cannot be asked nothing is removed. Raises as `log_in_by_code`.
    """
    path = session_path(settings)
    with hold_session(path), told():
        require_session(path)
        try:
            async with connected(path, settings) as client:
                await client(functions.auth.LogOutRequest())
            by_us = True
        except (errors.UnauthorizedError, errors.AuthKeyError):
            by_us = False
        discard_half_made(path)
        names = (path.name, f"{path.name}-journal", f"{path.name}.bak")
        removed = [each for each in map(path.with_name, names) if each.exists()]
        for each in removed:
            each.unlink()
    return LoggedOut(by_us, removed)


async def _log_in(
    settings: SessionSettings,
    answers: Answers,
    sign_in: SignIn,
    given: StringSession | None = None,
) -> LoggedIn:
    path = session_path(settings)
    prepare_dir(path)
    with hold_session(path), told():
        if account := await _logged_in(path, settings, answers):
            return LoggedIn(account, before=True)
        _prepare_half_made(path, given)
        try:
            async with connected(half_made(path), settings) as client:
                await sign_in(client)
                account = await account_of(client)
        except DEAD:
            discard_half_made(path)  # the next try starts with a key of its own
            raise
        _take_over(path)
    return LoggedIn(account, before=False)


async def _logged_in(path: Path, settings: SessionSettings, answers: Answers) -> Account | None:
    """Who the session that is there belongs to; None when it is of no use any more."""
    try:
        require_session(path)
    except SessionUnusableError as error:
        answers.say(str(error))
        return None
    except LoginRequiredError:
        return None
    try:
        async with connected(path, settings) as client:
            return await account_of(client)
    except DEAD as error:
        answers.say(f"The session that is there: {sentence(error)} Its file will be kept.")
        return None


def _prepare_half_made(path: Path, given: StringSession | None) -> None:
    """A session to work on: the one that a login has begun with, if it has a key; or `given`."""
    half = half_made(path)
    try:
        inspect(half, owned=True)
        begun = given is None
    except SessionUnusableError:
        begun = False
    if not begun:
        discard_half_made(path)
    if given is None:
        prepare_file(half)
    else:
        given.write(half)


async def _nothing_to_ask(_client: TelegramClient) -> None:
    """A string session is signed in already, or worthless."""


def _take_over(path: Path) -> None:
    """The finished login becomes the session; one that was there is kept."""
    inspect(half_made(path), owned=True)
    set_aside(path, "replaced")
    half_made(path).replace(path)
    forget_begun(path)
    sync(path.parent)
