"""One message of a Telegram Desktop export, as the contract has it.

Exports carry no album id, and of a forwarded message only the name it came from.
"""

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contracts.message import INT64_MAX, Message, Origin, Photo
from gateway_outbox.entry import Entry, Skipped
from gateway_outbox.message_text import fit_name
from gateway_outbox.tracked_channel import MARK
from gateway_outbox.untrusted import UnreadableError, checked

# Exports before 2021 tell only the local time of the exporting machine, without its zone.
LOCAL_ZONE = ZoneInfo("America/Sao_Paulo")

_CHANNEL_KINDS = frozenset(
    {"public_channel", "private_channel", "public_supergroup", "private_supergroup"}
)
_GROUP_KINDS = frozenset({"private_group", "public_group"})
_PRIVATE_KINDS = frozenset(
    {"personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"}
)

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


def read_message(item: dict[str, Any], chat: Chat, where: str) -> Entry:
    """The message, or why it is skipped. Never raises for any JSON object."""
    try:
        return checked(_message(item, _marked(chat)))
    except UnreadableError as error:
        return Skipped(where, str(error))


def _message(item: dict[str, Any], channel_id: int) -> Message:
    _must_be_message(item)
    sent = _time(item, "date")
    if sent is None:
        raise UnreadableError("no date")
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
        raise UnreadableError("private chat: its message ids are one account's own, no channel's")
    if chat.kind is None or chat.id is None:
        raise UnreadableError("the chat's type and id are missing or come after its messages")
    number = _number(chat.id, "the chat's id")
    if chat.kind in _CHANNEL_KINDS:
        return -MARK - number
    if chat.kind in _GROUP_KINDS:
        return -number
    raise UnreadableError("a chat of unknown type: neither channel nor group")


def _must_be_message(item: dict[str, Any]) -> None:
    kind = item.get("type", "message")
    if kind == "service":
        action = str(item.get("action", "without action"))
        raise UnreadableError(f"service message: {action[:64]}")
    if kind == "unsupported":
        raise UnreadableError("unsupported: Telegram Desktop could not export it")
    if kind != "message":
        raise UnreadableError("an item of unknown type, no message")


def _number(value: Any, name: str) -> int:
    if type(value) is not int or not 0 < value <= INT64_MAX - MARK:
        raise UnreadableError(f"{name} is missing or no positive whole number")
    return value


def _time(item: dict[str, Any], name: str) -> datetime | None:
    """UTC, from `<name>_unixtime` (seconds) before `<name>` (local time)."""
    seconds, local = item.get(f"{name}_unixtime"), item.get(name)
    try:
        if seconds is not None:
            if not re.fullmatch(r"-?[0-9]{1,12}", str(seconds)):
                raise UnreadableError(f"{name}_unixtime is no whole number of seconds")
            return datetime.fromtimestamp(int(seconds), UTC)
        if local is None:
            return None
        stamp = datetime.fromisoformat(local)
        return (stamp if stamp.tzinfo else stamp.replace(tzinfo=LOCAL_ZONE)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise UnreadableError(f"{name} is no time") from error


def _text(item: dict[str, Any]) -> str:
    text = item.get("text")
    if isinstance(text, str) and text:
        return text
    parts = text or item.get("text_entities") or []
    if not isinstance(parts, list):
        raise UnreadableError("text is neither a string nor a list of pieces")
    return "".join(map(_piece, parts))


def _piece(part: Any) -> str:
    piece = part.get("text") if isinstance(part, dict) else part
    if not isinstance(piece, str):
        raise UnreadableError("a piece of the text is no text")
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
    return Origin(name=fit_name(name)) if isinstance(name, str) and name else None
