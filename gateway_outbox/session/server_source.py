"""Where the user session connects to: Telegram, or the server that the settings name instead."""

from pathlib import Path
from typing import Any, NamedTuple

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import SQLiteSession

from contracts.version import current
from gateway_outbox.errors import ServerKeyError
from gateway_outbox.session.session_settings import SessionSettings

APPLICATION = "TP Capital gateway"


class Server(NamedTuple):
    """A data centre's number and address."""

    number: int
    host: str
    port: int


def parse_server(text: str) -> Server:
    """`2@127.0.0.1:4430` or `2@[::1]:4430`, as the settings have checked it."""
    number, _, address = text.partition("@")
    host, _, port = address.rpartition(":")
    return Server(int(number), host.strip("[]"), int(port))


def use_server(session: SQLiteSession, settings: SessionSettings) -> None:
    """Send the session to TELEGRAM_DC, if that is set, with the key of TELEGRAM_DC_PUBLIC_KEY.

    A session that the server has moved to another data centre stays there: its key is that one's.
    Raises ServerKeyError.
    """
    if settings.telegram_dc_public_key:
        use_public_key(settings.telegram_dc_public_key)
    if settings.telegram_dc:
        server = parse_server(settings.telegram_dc)
        if session.auth_key is None or session.dc_id == server.number:
            session.set_dc(*server)
            session.save()


def use_public_key(path: Path) -> None:
    """Trust this RSA key and no other: it replaces the library's table of Telegram's own keys.

    The file is PEM, of either kind (RSA PUBLIC KEY or PUBLIC KEY). Raises ServerKeyError.
    """
    trusted = rsa._server_keys  # noqa: SLF001  # the library has no other way to take keys away
    before = dict(trusted)
    trusted.clear()
    try:
        pem = path.read_bytes()
        if b"BEGIN PUBLIC KEY" in pem:
            pem = rsa.rsa.PublicKey.load_pkcs1_openssl_pem(pem).save_pkcs1()
        rsa.add_key(pem, old=False)
    except OSError as error:
        trusted.update(before)
        raise ServerKeyError(str(path), str(error.strerror)) from error
    except Exception as error:  # why: the parsers below raise errors of many unrelated kinds
        trusted.update(before)
        raise ServerKeyError(str(path), "it holds no RSA public key in PEM form") from error


def new_client(session: SQLiteSession, settings: SessionSettings, **options: Any) -> TelegramClient:
    """A client for the session that tells truthfully what it is; `options` are the library's."""
    if settings.telegram_api_id is None or settings.telegram_api_hash is None:
        raise ValueError("a client needs TELEGRAM_API_ID and TELEGRAM_API_HASH")
    return TelegramClient(
        session,
        settings.telegram_api_id,
        settings.telegram_api_hash.reveal(),
        use_ipv6=":" in (session.server_address or ""),
        device_model=APPLICATION,
        app_version=current(),
        raise_last_call_error=True,
        **options,
    )
