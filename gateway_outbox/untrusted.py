"""What Telegram sent, of whose shape nothing is certain. Pure."""

from typing import Any

from contracts import wire
from contracts.errors import ContractError
from contracts.message import INT64_MAX, Message


class UnreadableError(Exception):
    """Why something cannot be kept as a message, in words of a bounded number."""


def checked(message: Message) -> Message:
    """The message, if the contract can carry it. Raises UnreadableError."""
    try:
        wire.check(message)
    except ContractError as error:
        raise UnreadableError(f"breaks the contract at {error}") from None
    return message


def as_dict(value: Any) -> dict[str, Any]:
    """The object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def is_side(*values: Any) -> bool:
    """Whether these are lengths in pixels."""
    return all(type(value) is int and 0 < value < INT64_MAX for value in values)
