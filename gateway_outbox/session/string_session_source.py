"""String sessions of other programs: a home, an address and a key as one line of text.

Telethon's are of one length. GramJS, which the system before this one used, writes the address as
text with its length before it.
"""

import base64
import binascii
import struct
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Final, NamedTuple, Self

from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession

from contracts.secret import Secret
from gateway_outbox.errors import LoginError
from gateway_outbox.session.session_file import prepare_file

_KEY_BYTES: Final = 256
_TELETHON: Final = struct.Struct(">B4sH256s")
_GRAMJS: Final = struct.Struct(">BH")
# Telegram's own, for a string that names a host of its web version.
_PRODUCTION: Final = {
    1: "149.154.175.53",
    2: "149.154.167.51",
    3: "149.154.175.100",
    4: "149.154.167.91",
    5: "91.108.56.130",
}


class StringSession(NamedTuple):
    """What a string session holds; the key is the account."""

    dc: int
    address: str
    port: int
    key: Secret  # latin-1, a character a byte

    @classmethod
    def of(cls, text: Secret, name: str) -> Self:
        """Read one. Raises LoginError, in which `name` says where it came from."""
        try:
            return cls._read(text.reveal().strip())
        except (ValueError, binascii.Error, struct.error, LookupError):
            pass  # the cause quotes what was given
        raise LoginError(
            f"{name} is no string session of Telethon or GramJS: one starts with 1 and has some 350"
            " characters or more. Check that it was copied whole"
        )

    @classmethod
    def _read(cls, text: str) -> Self:
        if not text.startswith("1"):
            raise ValueError("another version")
        content = base64.b64decode(text[1:].replace("-", "+").replace("_", "/"), validate=True)
        if len(content) == _TELETHON.size:
            dc, packed, port, key = _TELETHON.unpack(content)
            return cls._checked(dc, str(IPv4Address(packed)), port, key)
        dc, length = _GRAMJS.unpack_from(content)
        rest = content[_GRAMJS.size :]
        (port,) = struct.unpack_from(">H", rest, length)
        return cls._checked(dc, rest[:length].decode("ascii"), port, rest[length + 2 :])

    @classmethod
    def _checked(cls, dc: int, address: str, port: int, key: bytes) -> Self:
        if len(key) != _KEY_BYTES or not any(key) or not dc or not port:
            raise ValueError("no key")
        try:
            ip_address(address)
        except ValueError:
            address, port = _PRODUCTION[dc % 10_000], 443
        return cls(dc, address, port, Secret(key.decode("latin-1")))

    def write(self, path: Path) -> None:
        """Make a session file `….session` of it, mode 0600, without asking Telegram anything."""
        prepare_file(path)
        session = SQLiteSession(str(path))
        session.set_dc(self.dc, self.address, self.port)
        session.auth_key = AuthKey(self.key.reveal().encode("latin-1"))
        session.save()
        session.close()
