"""aiogram, imported so that its models are built when one is used: some 100 MiB less resident.

aiogram builds a validator for each of its several hundred types at import. The bot source takes
updates as plain dicts and needs four. So while aiogram is imported, pydantic's `model_rebuild`
rests and `defer_build` is the default; both are put back right after. aiogram's own classes keep
`defer_build` and build themselves at first use (`Update` and `Message` could not: they need the
names of other modules; nothing here uses them). Nobody else's are touched. When the insides of
either library do not allow it, aiogram is imported as usual, and one warning tells the cost.

Import from here and not from aiogram, else it is loaded the plain way.
"""

import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel

log = logging.getLogger(__name__)

_ABSENT = object()


@contextmanager
def _models_on_demand() -> Iterator[None]:
    """Let classes that are made inside build their validators later."""
    config: dict[str, Any] = BaseModel.model_config  # type: ignore[assignment]  # written by name
    rebuild = BaseModel.__dict__["model_rebuild"]
    before = config.get("defer_build", _ABSENT)

    def rest(_model: type[BaseModel], /, **_arguments: Any) -> None:
        """Build nothing."""

    config["defer_build"] = True
    try:
        BaseModel.model_rebuild = classmethod(rest)  # type: ignore[method-assign,assignment]  # put back below
        yield
    finally:
        BaseModel.model_rebuild = rebuild  # type: ignore[method-assign]  # its own again
        if before is _ABSENT:
            config.pop("defer_build", None)
        else:
            config["defer_build"] = before


def _load() -> None:
    if "aiogram" in sys.modules:
        return  # loaded by someone else already: there is nothing left to save
    try:
        with _models_on_demand():
            importlib.import_module("aiogram")
        _try_out()
    except Exception as error:  # noqa: BLE001  # why: whatever changed inside, plainly it still works
        for name in [name for name in sys.modules if name.partition(".")[0] == "aiogram"]:
            del sys.modules[name]
        importlib.import_module("aiogram")
        log.warning(
            "aiogram %s with pydantic %s cannot build its models on demand (%s: %s): it was"
            " imported as usual, which costs some 100 MiB of memory and two seconds."
            " Nothing else is different; install the locked versions to have it back.",
            _version("aiogram"),
            _version("pydantic"),
            type(error).__name__,
            error,
            extra={"action": "aiogram.plain_import"},
        )


def _try_out() -> None:
    """Use a method and an answer as the bot source does. Raises whatever is wrong with them."""
    methods = importlib.import_module("aiogram.methods")
    base = importlib.import_module("aiogram.methods.base")
    given = methods.GetUpdates(offset=1, allowed_updates=["message"]).model_dump(warnings=False)
    answer = base.Response[list[dict[str, Any]]].model_validate(
        {"ok": True, "result": [{"update_id": 1}], "parameters": {"retry_after": 1}}
    )
    if (given["offset"], answer.result) != (1, [{"update_id": 1}]):
        raise TypeError("a method or an answer lost its content")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"


_load()

from aiogram import Bot  # noqa: E402  # only after `_load`
from aiogram.client.session.aiohttp import AiohttpSession  # noqa: E402
from aiogram.client.telegram import TelegramAPIServer  # noqa: E402
from aiogram.exceptions import (  # noqa: E402
    AiogramError,
    ClientDecodeError,
    TelegramConflictError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod  # noqa: E402

__all__ = [
    "AiogramError",
    "AiohttpSession",
    "Bot",
    "ClientDecodeError",
    "DeleteWebhook",
    "GetMe",
    "GetUpdates",
    "GetWebhookInfo",
    "TelegramAPIServer",
    "TelegramConflictError",
    "TelegramMethod",
    "TelegramNetworkError",
    "TelegramNotFound",
    "TelegramRetryAfter",
    "TelegramServerError",
    "TelegramUnauthorizedError",
]


class GetUpdates(TelegramMethod[list[dict[str, Any]]]):
    """The updates as they came, so that none of them can spoil the others."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class GetMe(TelegramMethod[dict[str, Any]]):
    """The bot's own user."""

    __returning__ = dict[str, Any]
    __api_method__ = "getMe"


class GetWebhookInfo(TelegramMethod[dict[str, Any]]):
    """Whether updates go to a webhook."""

    __returning__ = dict[str, Any]
    __api_method__ = "getWebhookInfo"


class DeleteWebhook(TelegramMethod[bool]):
    """Back to polling. There is no way here to drop what waits."""

    __returning__ = bool
    __api_method__ = "deleteWebhook"
