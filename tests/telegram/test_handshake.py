"""A real Telethon client from nothing to a login, at the scripted server."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import rsa
from telethon import TelegramClient, errors
from telethon.crypto import rsa as trusted
from telethon.sessions import SQLiteSession

from contracts.environment import SettingsError
from gateway_outbox.errors import ServerKeyError
from gateway_outbox.session.server_source import (
    new_client,
    parse_server,
    use_public_key,
    use_server,
)
from gateway_outbox.session.session_settings import SessionSettings, from_environment
from tests.telegram.client import client_of
from tests.telegram.handshake import KeyMaker
from tests.telegram.login_requests import LoginDesk
from tests.telegram.mtproto_server import MtprotoServer, running_server
from tests.telegram.world import Telegram


class Place(NamedTuple):
    """A server where an account can log in."""

    server: MtprotoServer
    keys: KeyMaker
    desk: LoginDesk
    settings: SessionSettings


@pytest.fixture
def own_keys() -> Iterator[None]:
    """The library's table of trusted keys, as it was before."""
    before = dict(trusted._server_keys)
    yield
    trusted._server_keys.clear()
    trusted._server_keys.update(before)


@pytest.fixture
async def place(tmp_path: Path, own_keys: None) -> AsyncIterator[Place]:
    """A running server that makes keys."""
    del own_keys
    telegram = Telegram()
    keys, desk = KeyMaker(telegram), LoginDesk(telegram)
    async with running_server(telegram, keys) as server:
        server.answers |= desk.answers
        environ = {
            "TELEGRAM_API_ID": "12345",
            "TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef",
            "TELEGRAM_DC": f"2@127.0.0.1:{server.port}",
            "TELEGRAM_DC_PUBLIC_KEY": str(keys.write_public_key(tmp_path / "server.pem")),
        }
        yield Place(server, keys, desk, from_environment(environ))
        assert server.unscripted == []


def fresh_client(place: Place, path: Path) -> TelegramClient:
    """A client without a key, on its way to that server."""
    session = SQLiteSession(str(path))
    use_server(session, place.settings)
    return new_client(session, place.settings, connection_retries=1, retry_delay=0)


async def test_a_client_makes_a_key_and_logs_in(place: Place, tmp_path: Path) -> None:
    """Code and two-step password, then the session works for a plain client."""
    place.desk.password = "correct horse"
    client = fresh_client(place, tmp_path / "new.session")
    await client.connect()
    phone = place.server.telegram.me.phone
    await client.send_code_request(phone)
    with pytest.raises(errors.PhoneCodeInvalidError):
        await client.sign_in(phone, "99999")
    with pytest.raises(errors.SessionPasswordNeededError):
        await client.sign_in(phone, place.desk.code)
    with pytest.raises(errors.PasswordHashInvalidError):
        await client.sign_in(password="wrong")
    me = await client.sign_in(password="correct horse")
    await client.disconnect()
    assert me.id == place.server.telegram.me.id
    again = client_of(tmp_path / "new.session")
    await again.connect()
    assert (await again.get_me()).first_name == "Ana"
    await again.disconnect()
    assert place.keys.made == 1


async def test_each_client_gets_its_own_key(place: Place, tmp_path: Path) -> None:
    """And a key is made once a file, not once a connection."""
    for name in ("a", "b", "a"):
        client = fresh_client(place, tmp_path / f"{name}.session")
        await client.connect()
        await client.disconnect()
    assert place.keys.made == 2


async def test_a_server_with_another_key_is_not_talked_to(place: Place, tmp_path: Path) -> None:
    """Telegram's own table is gone, and a foreign key is no substitute."""
    other = tmp_path / "other.pem"
    public, _private = rsa.newkeys(512)
    other.write_bytes(public.save_pkcs1())
    client = fresh_client(place, tmp_path / "c.session")
    use_public_key(other)
    with pytest.raises(ConnectionError, match="auth_key generation failed"):
        await client.connect()
    await client.disconnect()
    assert place.keys.made == 0


@pytest.mark.usefixtures("own_keys")
def test_a_public_key_replaces_telegram_s(tmp_path: Path) -> None:
    """Both PEM kinds hold the same key; what is no key changes nothing."""
    before = dict(trusted._server_keys)
    public, _private = rsa.newkeys(512)
    pem = tmp_path / "key.pem"
    for text in (b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        pem.write_bytes(text)
        with pytest.raises(ServerKeyError, match=r"key\.pem: it holds no RSA public key"):
            use_public_key(pem)
    with pytest.raises(ServerKeyError, match="No such file"):
        use_public_key(tmp_path / "none.pem")
    assert trusted._server_keys == before
    pem.write_bytes(public.save_pkcs1())
    use_public_key(pem)
    assert [key for key, _old in trusted._server_keys.values()] == [public]


@pytest.mark.parametrize(
    ("text", "server"),
    [("2@127.0.0.1:4430", (2, "127.0.0.1", 4430)), ("10@[::1]:80", (10, "::1", 80))],
)
def test_a_server_s_address_is_read(text: str, server: tuple[int, str, int]) -> None:
    """With and without the brackets of IPv6."""
    assert parse_server(text) == server


def test_a_port_beyond_the_last_is_refused() -> None:
    """By the settings, with the variable's name."""
    with pytest.raises(SettingsError, match="TELEGRAM_DC"):
        from_environment({"TELEGRAM_DC": "2@127.0.0.1:70000"})
