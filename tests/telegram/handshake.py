"""The server's side of making an authorization key (core.telegram.org/mtproto/auth_key).

As Telethon 1.45 speaks it: p_q_inner_data under plain RSA with a SHA-1 before it.
"""

import os
import struct
import time
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any, NamedTuple

import rsa
from telethon.crypto import AES, AuthKey
from telethon.extensions import BinaryReader
from telethon.helpers import generate_key_data_from_nonce
from telethon.tl import functions, types

from tests.telegram.world import Telegram

# Two primes below 2**31, as Telegram's are; their product is what the client takes apart.
P, Q = 1229739323, 1402015859
G = 3
# Telegram's own safe prime of 2048 bits: the client accepts no other without testing it for long.
PRIME = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F"
    "48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37"
    "20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64"
    "2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4"
    "A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754"
    "FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"
    "E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F"
    "0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
KEY_BYTES = 256
_SHA1_BYTES = 20
_BLOCK = 16
_MANY = 2**31 - 1


@cache
def server_key() -> rsa.PrivateKey:
    """An MTProto server's key; making one takes seconds, so there is one for all tests."""
    _public, private = rsa.newkeys(8 * KEY_BYTES, accurate=False)
    return private


class Agreement(NamedTuple):
    """What one handshake knows after its second step."""

    new_nonce: int
    key: bytes
    iv: bytes
    secret: int


class KeyMaker:
    """A `Handshake` that tells `telegram` of each key; `made` counts them, `short` the retries."""

    def __init__(self, telegram: Telegram) -> None:
        self.made = 0
        self.short = 0
        self._telegram = telegram
        self._key = server_key()
        self._agreements: dict[int, Agreement] = {}

    def write_public_key(self, path: Path) -> Path:
        """The key that clients are to trust, as PEM; returns the path."""
        path.write_bytes(self._public.save_pkcs1())
        return path

    async def answer(self, plain: bytes) -> bytes:
        """The payload that answers an unencrypted one. Raises ValueError for a broken step."""
        request = BinaryReader(plain[20:]).tgread_object()
        step = {
            functions.ReqPqMultiRequest: self._pq,
            functions.ReqDHParamsRequest: self._params,
            functions.SetClientDHParamsRequest: self._finish,
        }[type(request)]
        body = bytes(step(request))
        message_id = int(time.time() * 2**32) // 4 * 4 + 1
        return struct.pack("<qqi", 0, message_id, len(body)) + body

    @property
    def _public(self) -> rsa.PublicKey:
        return rsa.PublicKey(self._key.n, self._key.e)

    def _pq(self, request: Any) -> Any:
        server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        return types.ResPQ(request.nonce, server_nonce, _large(P * Q), [fingerprint(self._public)])

    def _params(self, request: Any) -> Any:
        inner = _unhashed(self._decrypted(request.encrypted_data))
        if (inner.nonce, inner.server_nonce) != (request.nonce, request.server_nonce):
            raise ValueError("the nonces inside and outside differ")
        if (inner.p, inner.q) != (_large(P), _large(Q)):
            raise ValueError("pq was taken apart wrongly")
        key, iv = generate_key_data_from_nonce(request.server_nonce, inner.new_nonce)
        secret = int.from_bytes(os.urandom(KEY_BYTES))
        self._agreements[request.server_nonce] = Agreement(inner.new_nonce, key, iv, secret)
        told = types.ServerDHInnerData(
            request.nonce,
            request.server_nonce,
            G,
            _large(PRIME),
            _large(pow(G, secret, PRIME)),
            int(time.time()),
        )
        return types.ServerDHParamsOk(
            request.nonce, request.server_nonce, AES.encrypt_ige(_hashed(bytes(told)), key, iv)
        )

    def _finish(self, request: Any) -> Any:
        agreed = self._agreements.pop(request.server_nonce)
        plain = AES.decrypt_ige(request.encrypted_data, agreed.key, agreed.iv)
        shared = pow(int.from_bytes(_unhashed(plain).g_b), agreed.secret, PRIME)
        key = AuthKey(_large(shared))
        nonces = (request.nonce, request.server_nonce)
        if len(key.key) < KEY_BYTES:  # one in 256; Telethon would use a key without its zeros
            self.short += 1
            return types.DhGenRetry(*nonces, key.calc_new_nonce_hash(agreed.new_nonce, 2))
        self._telegram.register(key.key)
        self.made += 1
        return types.DhGenOk(*nonces, key.calc_new_nonce_hash(agreed.new_nonce, 1))

    def _decrypted(self, sealed: bytes) -> bytes:
        return pow(int.from_bytes(sealed), self._key.d, self._key.n).to_bytes(KEY_BYTES - 1)


def fingerprint(key: rsa.PublicKey) -> int:
    """The number by which clients find the key in their table."""
    body = b"".join(bytes(types.ResPQ.serialize_bytes(_large(each))) for each in (key.n, key.e))
    return int(struct.unpack("<q", sha1(body, usedforsecurity=False).digest()[-8:])[0])


def _large(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _hashed(body: bytes) -> bytes:
    whole = sha1(body, usedforsecurity=False).digest() + body
    return whole + os.urandom(-len(whole) % _BLOCK)


def _unhashed(whole: bytes) -> Any:
    """The object after its SHA-1; padding may follow. Raises ValueError when they do not fit."""
    reader = BinaryReader(whole[_SHA1_BYTES:])
    found = reader.tgread_object()
    body = whole[_SHA1_BYTES : _SHA1_BYTES + reader.tell_position()]
    if sha1(body, usedforsecurity=False).digest() != whole[:_SHA1_BYTES]:
        raise ValueError(f"the SHA-1 before {type(found).__name__} is not its own")
    return found
