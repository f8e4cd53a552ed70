"""The Bot API as the bot source needs it: four requests, raw answers, errors that say what to do.

The token is part of every URL, so nothing of aiogram's or aiohttp's errors is passed on but their
words, and those without it.
"""

from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import anyio

from contracts.secret import Secret
from gateway_outbox.aiogram_source import (
    AiohttpSession,
    Bot,
    ClientDecodeError,
    DeleteWebhook,
    GetMe,
    GetUpdates,
    GetWebhookInfo,
    TelegramAPIServer,
    TelegramConflictError,
    TelegramMethod,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from gateway_outbox.bot_message import KINDS
from gateway_outbox.bot_trouble import BotTroubleError, Kind
from gateway_outbox.errors import LoginRequiredError

TELEGRAM = "https://api.telegram.org"
UPDATES = "getUpdates"
_REQUEST_SECONDS = 20
_MAX_WORDS = 200

TAKE_OVER = "Start the gateway once with --take-over to remove it, or remove it where it is used"
_OTHER_POLLER = (
    "Stop the other program, or give each a bot of its own: between two, messages are shared out."
    " Right after a restart it is the old process's last request, and ends within 50 s"
)

T = TypeVar("T")


class BotApi:
    """One bot on one server; a context manager that holds the connections.

    `patience` is how many seconds after the poll's own end an answer may still come.

    Every request raises BotTroubleError for what may pass, and LoginRequiredError when Telegram
    does not know the token.
    """

    def __init__(self, token: Secret, base: str | None = None, patience: int = 15) -> None:
        self.base = base or TELEGRAM
        self._patience = patience
        self._token = token
        self._bot: Bot | None = None

    async def __aenter__(self) -> Self:
        session = AiohttpSession(api=TelegramAPIServer.from_base(self.base))
        self._bot = Bot(self._token.reveal(), session=session)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._bot is not None:
            with anyio.CancelScope(shield=True):
                await self._bot.session.close()

    async def updates(self, offset: int | None, seconds: int) -> list[dict[str, Any]]:
        """The updates from `offset` on (None: the oldest unconfirmed); waits so long for one.

        Asking with an offset confirms everything below it: only this call does.
        """
        method = GetUpdates(offset=offset, timeout=seconds, allowed_updates=list(KINDS))
        return await self._ask(method, seconds + self._patience)

    async def me(self) -> dict[str, Any]:
        """The bot's own user."""
        return await self._ask(GetMe(), _REQUEST_SECONDS)

    async def webhook(self) -> str:
        """The host that updates are sent to, or nothing. Its path may be a secret."""
        url = (await self._ask(GetWebhookInfo(), _REQUEST_SECONDS)).get("url")
        if not url:
            return ""
        return urlsplit(str(url)).hostname or "an unreadable address"

    async def delete_webhook(self) -> None:
        """Take the updates back; what waits is kept."""
        await self._ask(DeleteWebhook(), _REQUEST_SECONDS)

    async def _ask(self, method: TelegramMethod[T], seconds: int) -> T:
        if self._bot is None:
            raise RuntimeError("BotApi is used outside of its `async with`")
        try:
            return await self._bot(method, request_timeout=seconds)
        except (TelegramUnauthorizedError, TelegramNotFound) as error:
            raise self._refused_token(self._words(error)) from None
        except Exception as error:  # noqa: BLE001  # why: what aiogram lets through must not end us
            raise self._trouble(error, method.__api_method__) from None

    def _trouble(self, error: Exception, request: str) -> BotTroubleError:
        words = self._words(error)
        if isinstance(error, TelegramRetryAfter):
            seconds = error.retry_after
            reason = f"Telegram asks to wait {seconds} s before the next {request}"
            return BotTroubleError("flood", reason, request=request, retry_after=seconds)
        if isinstance(error, TelegramConflictError):
            if "webhook" in words.lower():
                return BotTroubleError("webhook", "409: a webhook is set", advice=TAKE_OVER)
            reason = "409: another program polls with this bot's token"
            return BotTroubleError("conflict", reason, advice=_OTHER_POLLER)
        return BotTroubleError(*self._unwell(error, request, words))

    def _unwell(self, error: Exception, request: str, words: str) -> tuple[Kind, str]:
        if isinstance(error, TelegramNetworkError):
            return "network", f"{self.base} does not answer: {words}"
        if isinstance(error, TelegramServerError):
            return "server", f"{self.base} has a fault: {words}"
        if isinstance(error, ClientDecodeError | UnicodeError | TypeError):
            # Not its words: they may hold the answer, which may hold messages.
            cause = getattr(error, "original", error)
            what = f"answered {request} with what is no answer ({type(cause).__name__})"
            return "garbage", f"{self.base} {what}"
        return "refused", f"{self.base} refused {request}: {words}"

    def _refused_token(self, words: str) -> LoginRequiredError:
        return LoginRequiredError(
            f"{self.base} does not know TELEGRAM_INGESTION_BOT_TOKEN ({words}). Get a token of"
            " @BotFather (/mybots, API Token), set it, and start the gateway again; until then the"
            " bot's messages wait at Telegram, for 24 hours"
        )

    def _words(self, error: Exception) -> str:
        """What the error says, on one line, without the token."""
        words = str(getattr(error, "message", error) or type(error).__name__)
        words = " ".join(words.replace(self._token.reveal(), "***").split())
        return words if len(words) <= _MAX_WORDS else f"{words[:_MAX_WORDS]}…"
