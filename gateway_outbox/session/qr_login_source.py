"""A login by QR code: shown, renewed when it expires, scanned by a phone that is logged in."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import anyio
from telethon import TelegramClient, errors, events, functions, types

from contracts.secret import Secret
from gateway_outbox.errors import LoginError
from gateway_outbox.session.code_login_source import give_password
from gateway_outbox.session.login_answers import Answers
from gateway_outbox.session.session_settings import SessionSettings

_MARGIN_SECONDS = 1.0  # a code is renewed a little before the server forgets it


class QrLogin:
    """One login."""

    def __init__(self, settings: SessionSettings, answers: Answers) -> None:
        self._settings = settings
        self._answers = answers
        self._scanned = anyio.Event()

    async def run(self, client: TelegramClient) -> None:
        """Sign the client in. Raises LoginError and the library's errors."""
        client.add_event_handler(self._note, events.Raw(types.UpdateLoginToken))
        try:
            while not await self._accepted(client):
                pass
        except errors.SessionPasswordNeededError:
            await give_password(client, self._answers)

    async def _accepted(self, client: TelegramClient) -> bool:
        """Ask, which brings a code to show or tells that the last one was scanned."""
        self._scanned = anyio.Event()
        answer = await self._export(client)
        if isinstance(answer, types.auth.LoginTokenSuccess):
            return True
        if not isinstance(answer, types.auth.LoginToken):
            raise LoginError(f"Telegram gave no QR code but {type(answer).__name__}")
        token = urlsafe_b64encode(answer.token).decode().rstrip("=")
        self._answers.show_qr(Secret(f"tg://login?token={token}"), answer.expires)
        left = (answer.expires - datetime.now(UTC)).total_seconds() - _MARGIN_SECONDS
        with anyio.move_on_after(max(left, _MARGIN_SECONDS)):
            await self._scanned.wait()
        return False

    async def _export(self, client: TelegramClient) -> Any:
        answer = await client(
            functions.auth.ExportLoginTokenRequest(client.api_id, client.api_hash, [])
        )
        if isinstance(answer, types.auth.LoginTokenMigrateTo):
            await client._switch_dc(answer.dc_id)  # noqa: SLF001  # as the library's own QR login does
            answer = await client(functions.auth.ImportLoginTokenRequest(answer.token))
        return answer

    async def _note(self, _update: Any) -> None:
        self._scanned.set()
