"""Who answers a login: a person at the terminal, or files, for what they are given."""

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Literal

import anyio
import click

from contracts.secret import Secret
from gateway_outbox.errors import LoginError
from ops.rendering import harmless
from ops.session import qr_code, terminal

_LOOK_SECONDS = 0.2
_CLOCK_SECONDS = 1.0  # file times are coarse: so much older counts as written after


class PersonOrFiles:
    """The `Answers` of one run of the command; it waits `wait` seconds for a file or a scan."""

    def __init__(self, code_file: Path | None, password_file: Path | None, wait: float) -> None:
        self._code_file = code_file
        self._password_file = password_file
        self._wait = wait
        self._begun = time.monotonic()
        self._drawn = 0

    def asks_again(self, what: Literal["code", "password"]) -> bool:
        """Only a person gives another answer than before."""
        file = self._code_file if what == "code" else self._password_file
        return file is None and terminal.is_person()

    def say(self, sentence: str) -> None:
        """On standard error: what a script reads is the outcome alone."""
        self._drawn = 0
        click.echo(harmless(sentence), err=True)

    def must_have_code(self) -> None:
        """Raise LoginError when neither a person nor a file can give the code."""
        if self._code_file is None and not terminal.is_person():
            raise LoginError(
                "standard input is no terminal, so nobody can type the code. Give"
                " --code-file FILE (it may appear later), or log in with --qr"
            )

    def must_have_phone(self) -> None:
        """Raise LoginError without a person: its only file is TELEGRAM_PHONE_NUMBER_FILE."""
        if not terminal.is_person():
            raise LoginError("TELEGRAM_PHONE_NUMBER is not set (nor TELEGRAM_PHONE_NUMBER_FILE)")

    async def phone(self) -> Secret:
        """Typed."""
        self.must_have_phone()
        return Secret(await terminal.ask("Phone number, as +5511987654321: "))

    async def code(self, sent_at: float) -> Secret:
        """Typed, or read from the file once it is there and not older than the code."""
        if self._code_file is None:
            self.must_have_code()
            return Secret(await terminal.ask("Code: "))
        self.say(f"Waiting up to {self._wait:g} s for the code in {self._code_file}.")
        with anyio.move_on_after(self._wait):
            while True:
                if code := _written_since(self._code_file, sent_at - _CLOCK_SECONDS):
                    return Secret(code)
                await anyio.sleep(_LOOK_SECONDS)
        raise LoginError(
            f"no code in {self._code_file} within {self._wait:g} s (or only one that is older than"
            " the code that was sent). The code stays good: write it there and type"
            " `tpcapital login --code-file …` again"
        )

    async def password(self, hint: str | None) -> Secret:
        """Typed unseen, or the first line of the file."""
        if self._password_file is not None:
            try:
                text = self._password_file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is no UTF-8"
                raise LoginError(f"--password-file {self._password_file}: {reason}") from error
            return Secret(text.partition("\n")[0].rstrip("\r"))
        if not terminal.is_person():
            raise LoginError(
                "the account has a two-step password and standard input is no terminal. Type the"
                " same command with --password-file FILE: it goes on from here, without a new code"
            )
        told = f" (hint: {harmless(hint)})" if hint else ""
        return Secret(await terminal.ask(f"Two-step password{told}: ", hidden=True))

    def show_qr(self, url: Secret, until: datetime) -> None:
        """Drawn on a terminal over the code before; a line with the URL elsewhere."""
        if time.monotonic() - self._begun > self._wait:
            raise LoginError(f"nobody scanned the QR code within {self._wait:g} s; try again")
        if not sys.stdout.isatty():
            click.echo(url.reveal())
            return
        lines = qr_code.drawn(url.reveal())
        if self._drawn:
            click.echo(f"\x1b[{self._drawn}F\x1b[J", nl=False)
        else:
            click.echo(
                "Scan it with Telegram on your phone: Settings, Devices, Link Desktop Device."
            )
        lines.append(f"This one is good until {until.astimezone():%H:%M:%S}; then comes the next.")
        click.echo("\n".join(lines), color=True)
        self._drawn = len(lines)


def _written_since(path: Path, moment: float) -> str | None:
    """The file's text, if it is there, says something, and was written since then."""
    try:
        fresh = path.stat().st_mtime >= moment
        return (path.read_text(encoding="ascii").strip() or None) if fresh else None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it holds no code"
        raise LoginError(f"--code-file {path}: {reason}") from error
