"""A login by code: sent, given, and after it the two-step password."""

import re
import time
from pathlib import Path
from typing import Any

import msgspec
from telethon import TelegramClient, errors, functions, types
from telethon.password import compute_check

from gateway_outbox.errors import LoginError
from gateway_outbox.session.login_answers import Answers
from gateway_outbox.session.login_begun import Begun, forget_begun, read_begun, write_begun
from gateway_outbox.session.login_refusal import sentence
from gateway_outbox.session.session_settings import SessionSettings

TRIES = 3  # of a code or a password, by a person who types it
_WRONG = (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError)
_OVER = (errors.PhoneCodeExpiredError, errors.PhoneCodeHashEmptyError)
_WAYS = {
    "SentCodeTypeApp": "in the Telegram app of that account",
    "SentCodeTypeSms": "by SMS",
    "SentCodeTypeSmsWord": "by SMS, a word",
    "SentCodeTypeSmsPhrase": "by SMS, a phrase",
    "SentCodeTypeCall": "by a phone call",
    "SentCodeTypeFlashCall": "as the number of a phone call",
    "SentCodeTypeMissedCall": "as the last digits of a number that calls",
    "SentCodeTypeEmailCode": "by e-mail",
    "SentCodeTypeFragmentSms": "at fragment.com",
}


class CodeLogin:
    """One login; `session` is the gateway's file, beside which it notes how far it has come."""

    def __init__(
        self, settings: SessionSettings, answers: Answers, session: Path, *, fresh: bool
    ) -> None:
        self._settings = settings
        self._answers = answers
        self._session = session
        self._fresh = fresh

    def check(self) -> None:
        """Raise LoginError when nobody could answer what comes first: before Telegram is asked."""
        if self._fresh or read_begun(self._session) is None:
            self._answers.must_have_code()
            if self._settings.telegram_phone_number is None:
                self._answers.must_have_phone()

    async def run(self, client: TelegramClient) -> None:
        """Sign the client in, from where the login is. Raises LoginError and the library's."""
        begun = self._begun()
        if begun is None:
            begun = await self._send_code(client)
        else:
            self._answers.say("Going on with the login that had begun; no new code was sent.")
        if begun.stage == "code":
            begun = await self._give_code(client, begun)
        if begun.stage == "password":
            await give_password(client, self._answers)

    def _begun(self) -> Begun | None:
        begun = read_begun(self._session)
        given = self._settings.telegram_phone_number
        if begun and (self._fresh or (given and digits(given.reveal()) != begun.phone)):
            forget_begun(self._session)
            return None
        return begun

    async def _send_code(self, client: TelegramClient) -> Begun:
        self._answers.must_have_code()
        phone = digits(
            (self._settings.telegram_phone_number or await self._answers.phone()).reveal()
        )
        sent_at = time.time()
        sent = await client(
            functions.auth.SendCodeRequest(
                phone, client.api_id, client.api_hash, types.CodeSettings()
            )
        )
        if not isinstance(sent, types.auth.SentCode):
            raise LoginError(
                f"Telegram sent no code but answered {type(sent).__name__}; log in with --qr"
            )
        begun = Begun(phone, sent.phone_code_hash, sent_at)
        write_begun(self._session, begun)
        way = _WAYS.get(type(sent.type).__name__, f"as {type(sent.type).__name__}")
        self._answers.say(f"Telegram has sent a code to {masked(phone)}, {way}.")
        return begun

    async def _give_code(self, client: TelegramClient, begun: Begun) -> Begun:
        """Returns what Telegram waits for then: stage "code" means nothing."""
        for left in reversed(range(TRIES)):
            code = (await self._answers.code(begun.sent_at)).reveal()
            try:
                await self._sign_in(client, begun, code)
            except errors.SessionPasswordNeededError:
                begun = msgspec.structs.replace(begun, stage="password")
                write_begun(self._session, begun)
                return begun
            except _WRONG as error:
                if not left or not self._answers.asks_again("code"):
                    raise
                self._answers.say(f"{sentence(error).partition('.')[0]}; {left} more tries.")
            except _OVER:
                forget_begun(self._session)
                raise
            else:
                return begun
        raise AssertionError("the last try returns or raises")

    async def _sign_in(self, client: TelegramClient, begun: Begun, code: str) -> None:
        request = functions.auth.SignInRequest(begun.phone, begun.code_hash, code)
        answer: Any = await client(request)
        if isinstance(answer, types.auth.AuthorizationSignUpRequired):
            raise errors.PhoneNumberUnoccupiedError(request)


async def give_password(client: TelegramClient, answers: Answers) -> None:
    """The second step, for whichever way was the first."""
    for left in reversed(range(TRIES)):
        challenge = await client(functions.account.GetPasswordRequest())
        password = (await answers.password(challenge.hint)).reveal()
        # a challenge serves once, and a person takes time: the next is asked for just before use
        challenge = await client(functions.account.GetPasswordRequest())
        try:
            proof = compute_check(challenge, password)
            await client(functions.auth.CheckPasswordRequest(proof))
        except errors.PasswordHashInvalidError as error:
            if not left or not answers.asks_again("password"):
                raise
            answers.say(f"{sentence(error).partition('.')[0]}; {left} more tries.")
        else:
            return


def digits(phone: str) -> str:
    """The number as Telegram takes it. Raises LoginError for what cannot be one."""
    found = re.sub(r"[\s().+-]", "", phone)
    if not re.fullmatch(r"[0-9]{5,17}", found):
        raise LoginError(
            "the phone number is none: write it with + and the country's code, as +5511987654321"
        )
    return found


def masked(phone: str) -> str:
    """Enough of a number to know it again."""
    return f"+{phone[:2]}…{phone[-2:]}"
