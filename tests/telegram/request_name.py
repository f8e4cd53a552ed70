"""Requests under the names of Telegram's documentation, as "messages.getHistory" (G here)."""

import importlib
from typing import Any

_SUFFIX = "Request"
_HOME = "telethon.tl.functions"


def name_of(request: Any) -> str:
    """As "messages.GetHistory", or "Ping" where there is no namespace."""
    kind = type(request)
    space = kind.__module__.removeprefix(_HOME).removeprefix(".")
    name = kind.__name__.removesuffix(_SUFFIX)
    return f"{space}.{name}" if space else name


def check(name: str) -> None:
    """Raises ValueError unless Telethon has a request of this name."""
    space, _, short = name.rpartition(".")
    try:
        home = importlib.import_module(f"{_HOME}.{space}" if space else _HOME)
    except ModuleNotFoundError:
        home = None
    if not hasattr(home, short + _SUFFIX):
        raise ValueError(f"no request {name!r} in Telethon: write it as messages.GetHistory")
