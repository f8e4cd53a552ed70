"""MTProto on the wire: TcpFull frames, and what encrypts their payload (MTProto 2.0, server side).

core.telegram.org/mtproto/mtproto-transports and core.telegram.org/mtproto/description
"""

import os
import struct
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream
from telethon.crypto import AES, AuthKey

MAX_FRAME_BYTES = 1 << 24
_BY_CLIENT, _BY_SERVER = 0, 8


class Packet(NamedTuple):
    """What one encrypted payload holds: one message, or a container of them."""

    session: int
    message_id: int
    body: bytes


async def read_frame(stream: BufferedByteReceiveStream) -> bytes:
    """The payload of the next frame. Raises EndOfStream or IncompleteRead when the client went.

    A broken frame counts as a client that went.
    """
    head = await stream.receive_exactly(4)
    (length,) = struct.unpack("<i", head)
    if not 12 <= length <= MAX_FRAME_BYTES:
        raise anyio.IncompleteRead
    rest = await stream.receive_exactly(length - 4)
    if struct.pack("<I", crc32(head + rest[:-4])) != rest[-4:]:
        raise anyio.IncompleteRead
    return rest[4:-4]


def frame(number: int, payload: bytes) -> bytes:
    """The payload as the connection's frame of this number, from 0."""
    framed = struct.pack("<ii", len(payload) + 12, number) + payload
    return framed + struct.pack("<I", crc32(framed))


def key_id(key: bytes) -> bytes:
    """The 8 bytes that name an authorization key."""
    return struct.pack("<Q", AuthKey(key).key_id)


def unseal(key: bytes, payload: bytes) -> Packet:
    """What a client sealed with this key. Raises ValueError if it was another key."""
    message_key = payload[8:24]
    plain = AES.decrypt_ige(payload[24:], *_aes(key, message_key, _BY_CLIENT))
    if _message_key(key, plain, _BY_CLIENT) != message_key:
        raise ValueError(f"a payload of {len(payload)} bytes was not sealed with the key it names")
    session, message_id, _number, length = struct.unpack_from("<8xqqii", plain)
    return Packet(session, message_id, plain[32 : 32 + length])


def seal(key: bytes, salt: int, session: int, message: bytes) -> bytes:
    """The payload for the client's session; `message` starts with its id, number and length."""
    plain = struct.pack("<qq", salt, session) + message
    plain += os.urandom(-(len(plain) + 12) % 16 + 12)
    message_key = _message_key(key, plain, _BY_SERVER)
    sealed = AES.encrypt_ige(plain, *_aes(key, message_key, _BY_SERVER))
    return key_id(key) + message_key + bytes(sealed)


def _message_key(key: bytes, plain: bytes, side: int) -> bytes:
    return sha256(key[88 + side : 120 + side] + plain).digest()[8:24]


def _aes(key: bytes, message_key: bytes, side: int) -> tuple[bytes, bytes]:
    a = sha256(message_key + key[side : 36 + side]).digest()
    b = sha256(key[40 + side : 76 + side] + message_key).digest()
    return a[:8] + b[8:24] + a[24:], b[:8] + a[8:24] + b[24:]
