"""One message of a Telegram Desktop export, as the contract has it.

Exports carry no album id, and of a forwarded message only the name it came from.
"""

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contracts import wire
from contracts.errors import ContractError
from contracts.message import INT64_MAX, Message, Origin, Photo
from gateway_outbox.entry import Entry, Skipped

# Exports before 2021 tell only the local time of the exporting machine, without its zone.
LOCAL_ZONE = ZoneInfo("America/Sao_Paulo")

_CHANNEL_KINDS = frozenset(
    {"public_channel", "private_channel", "public_supergroup", "private_supergroup"}
)
_GROUP_KINDS = frozenset({"private_group", "public_group"})
_PRIVATE_KINDS = frozenset(
    {"personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"}
)
_MARK = 1_000_000_000_000  # a channel's marked id is -100 followed by its id
_MAX_NAME = 256

# The words that the Bot API uses, so that a message reads alike from every source.
_MEDIA_WORDS = {
    "video_file": "video",
    "video_message": "video_note",
    "voice_message": "voice",
    "audio_file": "audio",
}
_OTHER_MEDIA = {
    "photo": "photo",
    "poll": "poll",
    "place_name": "venue",
    "location_information": "location",
    "contact_information": "contact",
    "game_title": "game",
    "invoice_information": "invoice",
    "file": "document",
}


class Chat(NamedTuple):
    """A chat as its export describes it: `id` without mark, `kind` the export's `type`."""

    id: Any = None
    kind: Any = None


class _UnreadableError(Exception):
    """Why this is no message to keep, in the words of `Skipped.reason`."""


def read_message(item: dict[str, Any], chat: Chat, where: str) -> Entry:
    """The message, or why it is skipped. Never raises for any JSON object."""
    try:
        message = _message(item, _marked(chat))
        wire.check(message)
    except _UnreadableError as error:
        return Skipped(where, str(error))
    except ContractError as error:
        return Skipped(where, f"breaks the contract at {error}")
    return message


def _message(item: dict[str, Any], channel_id: int) -> Message:
    _must_be_message(item)
    sent = _time(item, "date")
    if sent is None:
        raise _UnreadableError("no date")
    edited = _time(item, "edited")
    return Message(
        channel_id=channel_id,
        message_id=_number(item.get("id"), "id"),
        text=_text(item),
        timestamp=sent,
        # Old exports give 1970 for "never edited".
        edited_at=edited if edited and edited >= sent else None,
        photos=_photos(item),
        media_type=_media_type(item),
        origin=_origin(item),
    )


def _marked(chat: Chat) -> int:
    if chat.kind in _PRIVATE_KINDS:
        raise _UnreadableError("private chat: its message ids are one account's own, no channel's")
    if chat.kind is None or chat.id is None:
        raise _UnreadableError("the chat's type and id are missing or come after its messages")
    number = _number(chat.id, "the chat's id")
    if chat.kind in _CHANNEL_KINDS:
        return -_MARK - number
    if chat.kind in _GROUP_KINDS:
        return -number
    raise _UnreadableError("a chat of unknown type: neither channel nor group")


def _must_be_message(item: dict[str, Any]) -> None:
    kind = item.get("type", "message")
    if kind == "service":
        action = str(item.get("action", "without action"))
        raise _UnreadableError(f"service message: {action[:64]}")
    if kind == "unsupported":
        raise _UnreadableError("unsupported: Telegram Desktop could not export it")
    if kind != "message":
        raise _UnreadableError("an item of unknown type, no message")


def _number(value: Any, name: str) -> int:
    if type(value) is not int or not 0 < value <= INT64_MAX - _MARK:
        raise _UnreadableError(f"{name} is missing or no positive whole number")
    return value


def _time(item: dict[str, Any], name: str) -> datetime | None:
    """UTC, from `<name>_unixtime` (seconds) before `<name>` (local time)."""
    seconds, local = item.get(f"{name}_unixtime"), item.get(name)
    try:
        if seconds is not None:
            if not re.fullmatch(r"-?[0-9]{1,12}", str(seconds)):
                raise _UnreadableError(f"{name}_unixtime is no whole number of seconds")
            return datetime.fromtimestamp(int(seconds), UTC)
        if local is None:
            return None
        stamp = datetime.fromisoformat(local)
        return (stamp if stamp.tzinfo else stamp.replace(tzinfo=LOCAL_ZONE)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise _UnreadableError(f"{name} is no time") from error


def _text(item: dict[str, Any]) -> str:
    text = item.get("text")
    if isinstance(text, str) and text:
        return text
    parts = text or item.get("text_entities") or []
    if not isinstance(parts, list):
        raise _UnreadableError("text is neither a string nor a list of pieces")
    return "".join(map(_piece, parts))


def _piece(part: Any) -> str:
    piece = part.get("text") if isinstance(part, dict) else part
    if not isinstance(piece, str):
        raise _UnreadableError("a piece of the text is no text")
    return piece


def _photos(item: dict[str, Any]) -> list[Photo]:
    if "photo" not in item:
        return []
    photo: dict[str, str | int | float | bool | None] = {"file": _file(item["photo"])}
    for side in ("width", "height"):
        if type(item.get(side)) is int:
            photo[side] = item[side]
    return [photo]


def _file(name: Any) -> str | None:
    """The file's path within the export; None where the export says why there is none."""
    return name if isinstance(name, str) and not name.startswith("(") else None


def _media_type(item: dict[str, Any]) -> str | None:
    word = item.get("media_type")
    if isinstance(word, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,31}", word):
        return _MEDIA_WORDS.get(word, word)
    return next((word for key, word in _OTHER_MEDIA.items() if key in item), None)


def _origin(item: dict[str, Any]) -> Origin | None:
    name = item.get("forwarded_from")
    return Origin(name=name[:_MAX_NAME]) if isinstance(name, str) and name else None
