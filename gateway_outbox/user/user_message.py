"""A message as the user session has it (`to_dict()` of Telethon's object), as the contract has it.

Pure: no Telethon here. A text that the contract cannot carry is not a reason to lose a message:
see message_text.py.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from contracts.message import EARLIEST, INT64_MAX, LATEST, Message, Origin, Photo
from gateway_outbox.message_text import fit, fit_name
from gateway_outbox.rich_text import flatten
from gateway_outbox.untrusted import UnreadableError, as_dict, checked, is_side
from gateway_outbox.user.tracked_channel import MARK

MAX_RAW_BYTES = 256 * 1024
_NO_MEDIA = ("MessageMediaEmpty", "MessageMediaWebPage")

# The words that the Bot API uses, so that a message reads alike from every source.
_MEDIA_WORDS = {
    "MessageMediaPhoto": "photo",
    "MessageMediaGeo": "location",
    "MessageMediaGeoLive": "location",
    "MessageMediaToDo": "checklist",
}


def read_message(item: dict[str, Any]) -> Message | None:
    """The message; None for what is none (service, empty, outside of channels and groups).

    Raises UnreadableError, and nothing else, for whatever breaks the contract: that goes to the
    table `undecoded`, raw.
    """
    if item.get("_") != "Message" or (channel_id := marked(item.get("peer_id"))) is None:
        return None
    try:
        return checked(_message(item, channel_id))
    except RecursionError as error:
        raise UnreadableError(f"breaks the contract at {error}") from None


def marked(peer: Any) -> int | None:
    """The marked id of a channel (-100…) or basic group; None for anything else."""
    if not isinstance(peer, dict):
        return None
    number, mark = peer.get("channel_id"), MARK
    if peer.get("_") == "PeerChat":
        number, mark = peer.get("chat_id"), 0
    elif peer.get("_") != "PeerChannel":
        return None
    return -mark - number if type(number) is int and 0 < number <= INT64_MAX - MARK else None


def raw(item: dict[str, Any]) -> bytes:
    """The item as JSON, for the table `undecoded`. Never raises."""
    try:
        text = json.dumps(item, default=str, ensure_ascii=True, skipkeys=True)
    except (ValueError, RecursionError) as error:
        text = json.dumps({"unreadable": type(error).__name__})
    return text.encode()[:MAX_RAW_BYTES]


def _message(item: dict[str, Any], channel_id: int) -> Message:
    sent = _time(item.get("date"))
    if sent is None:
        raise UnreadableError("date is missing or no time")
    if type(number := item.get("id")) is not int:
        raise UnreadableError("id is missing or no whole number")
    # Reactions, views and buttons count as edits for Telegram, and hide it from readers.
    edited = None if item.get("edit_hide") else _plausible(_time(item.get("edit_date")))
    media = as_dict(item.get("media"))
    return Message(
        channel_id=channel_id,
        message_id=number,
        text=_text(item),
        timestamp=sent,
        edited_at=edited if edited and edited >= sent else None,
        photos=_photos(media),
        media_type=_media_type(media),
        album_id=str(item["grouped_id"]) if type(item.get("grouped_id")) is int else None,
        origin=_origin(as_dict(item.get("fwd_from"))),
    )


def _text(item: dict[str, Any]) -> str:
    text = item.get("message")
    if not isinstance(text, str) or not text:
        text = flatten(item.get("rich_message"))
    return fit(text)


def _time(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _plausible(value: datetime | None) -> datetime | None:
    """A time that says more than it is worth losing the message for."""
    return value if value and EARLIEST <= value < LATEST else None


def _photos(media: dict[str, Any]) -> list[Photo]:
    """What is known of a photo without its bytes: its id and the size of its largest version."""
    photo = as_dict(media.get("photo"))
    if media.get("_") != "MessageMediaPhoto" or type(photo.get("id")) is not int:
        return []
    known: dict[str, str | int | float | bool | None] = {"id": str(photo["id"])}
    sizes = photo.get("sizes")
    versions = [as_dict(size) for size in sizes] if isinstance(sizes, list) else []
    if measured := [each for each in versions if is_side(each.get("w"), each.get("h"))]:
        largest = max(measured, key=lambda each: each["w"] * each["h"])
        known |= {"width": largest["w"], "height": largest["h"]}
    return [known]


def _media_type(media: dict[str, Any]) -> str | None:
    name = media.get("_")
    if not isinstance(name, str) or name in _NO_MEDIA:
        return None
    if name == "MessageMediaDocument":
        return _document_type(media)
    if name in _MEDIA_WORDS:
        return _MEDIA_WORDS[name]
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.removeprefix("MessageMedia")).lower()
    return word if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", word) else "unknown"


_DOCUMENTS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("DocumentAttributeSticker", lambda _: "sticker"),
    ("DocumentAttributeAnimated", lambda _: "animation"),
    ("DocumentAttributeVideo", lambda v: "video_note" if v.get("round_message") else "video"),
    ("DocumentAttributeAudio", lambda a: "voice" if a.get("voice") else "audio"),
)


def _document_type(media: dict[str, Any]) -> str:
    attributes = as_dict(media.get("document")).get("attributes")
    found = [as_dict(each) for each in attributes] if isinstance(attributes, list) else []
    for name, word in _DOCUMENTS:
        for attribute in found:
            if attribute.get("_") == name:
                return word(attribute)
    return "document"


def _origin(forward: dict[str, Any]) -> Origin | None:
    """Where a forward came from: with channel and id, the copy counts as the original message."""
    if not forward:
        return None
    channel_id, post = marked(forward.get("from_id")), forward.get("channel_post")
    is_post = channel_id is not None and type(post) is int and 0 < post <= INT64_MAX
    name = forward.get("from_name") or forward.get("post_author")
    return Origin(
        channel_id=channel_id,
        message_id=post if is_post else None,
        timestamp=_plausible(_time(forward.get("date"))),
        name=fit_name(name) if isinstance(name, str) else None,
    )
