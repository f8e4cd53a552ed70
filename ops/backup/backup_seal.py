"""Files sealed for keys that are not here: age (age-encryption.org), read and written as a stream.

A recipient is a public key, no secret: who makes backups cannot read them. An identity is the
private key to it, kept elsewhere and named only at a restore.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, Final

import click
import pyrage

SUFFIX: Final = ".age"
_SSH: Final = ("ssh-ed25519 ", "ssh-rsa ")

Recipient = Any  # pyrage ships no types
Identity = Any


def recipients(keys: Iterable[str], files: Iterable[Path]) -> dict[str, Recipient]:
    """Public keys (`age1…`, `ssh-ed25519 …`, `ssh-rsa …`), given or read from files, by their text.

    Raises click.UsageError for one that is none; a private key is not repeated in it.
    """
    texts = [*keys, *(line for path in files for line in _lines(path))]
    return {text: _recipient(text) for text in texts}


def identities(path: Path) -> list[Identity]:
    """The private keys of a file, as age-keygen writes it, or an OpenSSH key without a passphrase.

    Raises click.UsageError, which never repeats what the file holds.
    """
    try:
        if path.read_bytes().startswith(b"-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(path.read_bytes())]
        found = [pyrage.x25519.Identity.from_str(line) for line in _lines(path)]
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    except (pyrage.IdentityError, UnicodeDecodeError):
        # the library's own words may hold a part of the key
        raise click.UsageError(f"{path} holds no identity; age-keygen makes one") from None
    if not found:
        raise click.UsageError(f"{path} holds no identity; age-keygen makes one")
    return found


def seal(source: IO[bytes], target: IO[bytes], to: Sequence[Recipient]) -> None:
    """Encrypt a stream, a few kilobytes at a time. Raises click.ClickException."""
    try:
        pyrage.encrypt_io(source, target, list(to))
    except (pyrage.EncryptError, OSError) as error:
        raise click.ClickException(f"a file cannot be encrypted: {error}") from error


def unseal(source: Path, target: IO[bytes], by: Sequence[Identity]) -> None:
    """Decrypt a file, a few kilobytes at a time; each piece is authenticated.

    Raises click.ClickException for a key that does not fit and for a file that was changed.
    """
    try:
        with source.open("rb") as stream:
            pyrage.decrypt_io(stream, target, list(by))
    except pyrage.DecryptError as error:
        raise click.ClickException(f"{source} cannot be decrypted: {error}") from error
    except OSError as error:
        raise click.ClickException(
            f"{source} cannot be decrypted: {error.strerror or 'it was changed'}"
        ) from error


def _lines(path: Path) -> list[str]:
    """The lines of a key file without comments."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise click.UsageError(f"{path} is no text file of keys") from None
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def _recipient(text: str) -> Recipient:
    kind = pyrage.ssh if text.startswith(_SSH) else pyrage.x25519
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError:
        pass  # the cause may quote what was given
    if text.upper().startswith("AGE-SECRET-KEY"):
        raise click.UsageError("a recipient is the public key age1…, not the secret one")
    raise click.UsageError(
        f"{text[:24]!r} is no recipient: one is age1… or an OpenSSH public key; age-keygen -y"
        " prints that of an identity"
    )
