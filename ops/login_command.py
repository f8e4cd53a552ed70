"""`tpcapital login` and `tpcapital logout`: the only commands that ask Telegram for a session."""

import logging
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from contracts.environment import SettingsError
from gateway_outbox import session_settings
from gateway_outbox.session_file import session_path
from gateway_outbox.session_settings import SessionSettings
from ops.login_person import PersonOrFiles
from ops.number import Number
from ops.rendering import harmless

if TYPE_CHECKING:
    from gateway_outbox.login import LoggedIn

_FILE = click.Path(dir_okay=False, path_type=Path)
_NEXT = """\
Next:
  1. Declare what to read:  tpcapital channels add @name
  2. Start the gateway:     tpcapital gateway   (or: systemctl restart tp-capital-gateway)
  3. Keep a copy:           tpcapital session backup --to FILE
Never use this session on a second host: Telegram would end it for good."""


@click.command()
@click.option(
    "--code-file", type=_FILE, metavar="FILE", help="Read the code there; it may appear later."
)
@click.option("--password-file", type=_FILE, metavar="FILE", help="Read the two-step password.")
@click.option("--qr", is_flag=True, help="Scan a QR code with a phone instead of giving a code.")
@click.option("--import-string", is_flag=True, help="Use the string session of TELEGRAM_SESSION.")
@click.option("--new-code", is_flag=True, help="Have a new code sent, whatever had begun.")
@click.option(
    "--wait",
    type=Number(min=0),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the file of --code-file, or for a scan.",
)
def login(code_file: Path | None, password_file: Path | None, wait: float, **how: bool) -> None:
    """Log a Telegram account in, so that the gateway can read its channels.

    Asks for the phone number (or TELEGRAM_PHONE_NUMBER), the code that Telegram sends, and the
    two-step password where there is one. A login that was given up goes on where it was. Needs
    TELEGRAM_API_ID and TELEGRAM_API_HASH of https://my.telegram.org; the gateway must not run.
    """
    if how["qr"] and how["import_string"]:
        raise click.UsageError("Give --qr or --import-string, not both.")
    settings = _settings()
    answers = PersonOrFiles(code_file, password_file, wait)
    _report(settings, anyio.run(partial(_log_in, settings, answers, **how)))


@click.command()
def logout() -> None:
    """Log the account out at Telegram, then remove the session's file and its copy of that key.

    When Telegram cannot be asked, nothing is removed.
    """
    from gateway_outbox.login import log_out

    _quiet()
    done = anyio.run(log_out, _settings())
    how = "Telegram ended the session." if done.by_us else "Telegram had ended the session before."
    click.echo(f"{how} Removed: {', '.join(map(str, done.removed))}")


async def _log_in(
    settings: SessionSettings,
    answers: PersonOrFiles,
    *,
    qr: bool,
    import_string: bool,
    new_code: bool,
) -> Any:
    from gateway_outbox import login as logins

    _quiet()
    if import_string:
        return await logins.import_string(settings, answers)
    if qr:
        return await logins.log_in_by_qr(settings, answers)
    return await logins.log_in_by_code(settings, answers, fresh=new_code)


def _settings() -> SessionSettings:
    try:
        return session_settings.from_environment(os.environ)
    except SettingsError as error:
        raise click.ClickException(error.sentences) from error


def _report(settings: SessionSettings, done: "LoggedIn") -> None:
    who = harmless(str(done.account))
    path = session_path(settings)
    if done.before:
        click.echo(f"Already logged in as {who}; nothing was changed. Session: {path}")
        click.echo("For another account: tpcapital logout, then tpcapital login.")
    else:
        click.echo(f"Logged in as {who}. Session: {path} (mode 0600)")
        click.echo(_NEXT)


def _quiet() -> None:
    """The library's own warnings say nothing that our sentences do not."""
    logging.getLogger("telethon").addHandler(logging.NullHandler())
