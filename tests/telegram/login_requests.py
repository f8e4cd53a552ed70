"""How an account logs in at the scripted server: code, password (real SRP), QR code."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from telethon.password import compute_hash
from telethon.tl import functions, types

from tests.telegram.call import Call
from tests.telegram.channel import now
from tests.telegram.handshake import KEY_BYTES, PRIME, G
from tests.telegram.refusal import RefusedError
from tests.telegram.world import Push, Telegram

Algorithm = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow


@dataclass
class LoginDesk:
    """The answers to a login as `telegram.me`: `server.answers |= desk.answers`.

    Change its fields at any time: `code` that signIn takes, `password` (None: no second step) and
    its `hint`, `expired` (the code is right and too late), `token_seconds` of a QR code's life.
    """

    telegram: Telegram
    code: str = "12345"
    password: str | None = None
    hint: str = "the usual"
    expired: bool = False
    token_seconds: float = 30
    sent: int = 0
    exported: int = 0
    hashes: dict[str, bytes] = field(default_factory=dict)
    tokens: dict[bytes, bytes] = field(default_factory=dict)
    half_in: set[bytes] = field(default_factory=set)
    srp: dict[int, int] = field(default_factory=dict)

    @property
    def answers(self) -> dict[type, Callable[[Call], Any]]:
        """By request class, for `MtprotoServer.answers`."""
        return {
            functions.auth.SendCodeRequest: self.send_code,
            functions.auth.SignInRequest: self.sign_in,
            functions.auth.ExportLoginTokenRequest: self.export_token,
            functions.auth.ImportLoginTokenRequest: self.import_token,
            functions.account.GetPasswordRequest: self.get_password,
            functions.auth.CheckPasswordRequest: self.check_password,
        }

    def send_code(self, call: Call) -> Any:
        """auth.sendCode: a hash for this key."""
        if call.request.phone_number != self.telegram.me.phone:
            raise RefusedError(400, "PHONE_NUMBER_INVALID")
        self.sent += 1
        self.expired = False
        made = f"hash{self.sent}"
        self.hashes[made] = call.login.key
        return types.auth.SentCode(types.auth.SentCodeTypeApp(len(self.code)), made, timeout=60)

    def sign_in(self, call: Call) -> Any:
        """auth.signIn: in, half in, or refused."""
        asked = call.request
        if self.hashes.get(asked.phone_code_hash) != call.login.key:
            raise RefusedError(400, "PHONE_CODE_HASH_EMPTY")
        if self.expired:
            raise RefusedError(400, "PHONE_CODE_EXPIRED")
        if asked.phone_code != self.code:
            raise RefusedError(400, "PHONE_CODE_INVALID")
        return self._accept(call.login.key)

    def export_token(self, call: Call) -> Any:
        """auth.exportLoginToken: a token, or what the scanning of it has brought."""
        key = call.login.key
        if call.login.account is not None:
            return types.auth.LoginTokenSuccess(self._authorization())
        if key in self.half_in:
            raise RefusedError(401, "SESSION_PASSWORD_NEEDED")
        token = os.urandom(32)
        self.exported += 1
        self.tokens[token] = key
        return types.auth.LoginToken(now() + timedelta(seconds=self.token_seconds), token)

    def import_token(self, call: Call) -> Any:
        """auth.importLoginToken: a token of another data centre, whose owner is of this one."""
        del self.tokens[call.request.token]
        return types.auth.LoginTokenSuccess(self._authorize(call.login.key))

    def scan(self, token: bytes) -> None:
        """The account's phone has seen the code: its owner is in. Raises KeyError if unknown."""
        key = self.tokens.pop(token)
        with self.telegram.lock:
            if self.password is None:
                self._authorize(key)
            else:
                self.half_in.add(key)
        update = types.UpdateShort(types.UpdateLoginToken(), now())
        self.telegram.push(Push(update, key=key))

    def get_password(self, call: Call) -> Any:
        """account.getPassword: a fresh challenge."""
        if call.login.account is None and call.login.key not in self.half_in:
            raise RefusedError(401, "AUTH_KEY_UNREGISTERED")
        secret = int.from_bytes(os.urandom(KEY_BYTES))
        srp_id = len(self.srp) + 1
        self.srp[srp_id] = secret
        return types.account.Password(
            has_password=True,
            current_algo=_ALGORITHM,
            srp_B=_padded((_K * self._verifier() + pow(G, secret, PRIME)) % PRIME),
            srp_id=srp_id,
            hint=self.hint,
            new_algo=_ALGORITHM,
            new_secure_algo=types.SecurePasswordKdfAlgoUnknown(),
            secure_random=b"",
        )

    def check_password(self, call: Call) -> Any:
        """auth.checkPassword: SRP 6a as core.telegram.org/api/srp has it."""
        asked = call.request.password
        secret = self.srp.pop(asked.srp_id)
        verifier = self._verifier()
        b = _padded((_K * verifier + pow(G, secret, PRIME)) % PRIME)
        u = int.from_bytes(_sha(asked.A, b))
        shared = pow(int.from_bytes(asked.A) * pow(verifier, u, PRIME), secret, PRIME)
        head = bytes(x ^ y for x, y in zip(_sha(_PRIME_BYTES), _sha(_padded(G)), strict=True))
        salts = (_sha(_ALGORITHM.salt1), _sha(_ALGORITHM.salt2))
        if _sha(head, *salts, asked.A, b, _sha(_padded(shared))) != asked.M1:
            raise RefusedError(400, "PASSWORD_HASH_INVALID")
        self.half_in.discard(call.login.key)
        return self._authorize(call.login.key)

    def _accept(self, key: bytes) -> Any:
        if self.password is not None:
            self.half_in.add(key)
            raise RefusedError(401, "SESSION_PASSWORD_NEEDED")
        return self._authorize(key)

    def _authorize(self, key: bytes) -> Any:
        self.telegram.register(key, self.telegram.me)
        return self._authorization()

    def _authorization(self) -> Any:
        return types.auth.Authorization(self.telegram.me.entity())

    def _verifier(self) -> int:
        x = int.from_bytes(compute_hash(_ALGORITHM, self.password or ""))
        return pow(G, x, PRIME)


def _padded(number: int) -> bytes:
    return number.to_bytes(KEY_BYTES)


def _sha(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


_PRIME_BYTES = _padded(PRIME)
_ALGORITHM = Algorithm(b"salt one" * 5, b"salt two" * 2, G, _PRIME_BYTES)
_K = int.from_bytes(_sha(_PRIME_BYTES, _padded(G)))
