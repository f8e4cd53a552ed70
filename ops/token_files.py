"""The files that hold the shared token: two of the API, one of the gateway."""

import os
from pathlib import Path
from typing import NamedTuple

from contracts.environment import unquoted
from contracts.plain_words import cause
from contracts.secret import Secret, token_fault
from gateway_outbox.whole_file import replaced


class TokenFileError(Exception):
    """A token file that is not there, or holds no token."""


class TokenFiles(NamedTuple):
    """`accepted` and `previous` are what the API accepts, `sent` what the gateway sends."""

    accepted: Path
    previous: Path
    sent: Path

    @classmethod
    def within(cls, api: Path, gateway: Path) -> "TokenFiles":
        """The files of two folders, by the names of systemd credentials or of Compose secrets."""
        compose = (api / "gateway_token").exists()
        name = "gateway_token" if compose else "gateway_secret_token"
        return cls(api / name, api / f"{name}_previous", gateway / "api_secret_token")


def read(path: Path) -> Secret | None:
    """The token in a file; None when the file is missing or empty. Raises TokenFileError."""
    try:
        token = Secret(unquoted(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise TokenFileError(f"token file {path}: {cause(error)}") from error
    if token and (fault := token_fault(token)):
        raise TokenFileError(f"token file {path}: it {fault}")
    return token or None


def write(path: Path, token: Secret | None) -> None:
    """Replace the file whole; None empties it, which means no token.

    A new one is private (0600); mode and owner of one that is replaced stay. Raises TokenFileError.
    """
    content = f"{token.reveal()}\n" if token else ""
    try:
        with replaced(path) as file:
            file.write(content.encode())
            if path.exists():
                stat = path.stat()
                os.fchown(file.fileno(), stat.st_uid, stat.st_gid)
                os.fchmod(file.fileno(), stat.st_mode & 0o777)
    except OSError as error:
        raise TokenFileError(f"token file {path} could not be written: {cause(error)}") from error
