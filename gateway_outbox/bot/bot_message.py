"""One update of the Bot API (its JSON as a dict), as what it means to the gateway. Pure.

Only channels and groups count: anyone can write to a bot in private, and a stranger's text must
not become a signal.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from contracts.message import INT64_MAX, Message, Origin, Photo
from gateway_outbox.message_text import fit, fit_name
from gateway_outbox.replay.entry import Skipped
from gateway_outbox.rich_text import flatten
from gateway_outbox.untrusted import UnreadableError, as_dict, checked, is_side

# The update kinds that carry a message, and whether it is a new one.
MESSAGES = {
    "message": True,
    "edited_message": False,
    "channel_post": True,
    "edited_channel_post": False,
}
MEMBERSHIP = "my_chat_member"
KINDS = (*MESSAGES, MEMBERSHIP)

_CHATS = ("channel", "supergroup", "group")
_MAX_ALBUM = 64
_PHOTO_FACTS = ("file_id", "file_unique_id", "width", "height", "file_size")

# The first that is there names the content: an animation comes with a document beside it, a venue
# with a location.
_MEDIA = (
    *("photo", "animation", "video", "video_note", "audio", "voice", "sticker", "live_photo"),
    *("document", "paid_media", "story", "poll", "checklist", "venue", "location", "contact"),
    *("dice", "game", "invoice", "giveaway", "giveaway_winners"),
)
_TEXTS = ("text", "caption", "rich_message")

# What Telegram itself says in a chat.
_SERVICE = (
    *("new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo"),
    *("delete_chat_photo", "group_chat_created", "supergroup_chat_created"),
    *("channel_chat_created", "message_auto_delete_timer_changed", "migrate_to_chat_id"),
    *("migrate_from_chat_id", "pinned_message", "chat_owner_left", "chat_owner_changed"),
    *("successful_payment", "refunded_payment", "users_shared", "chat_shared", "gift"),
    *("unique_gift", "gift_upgrade_sent", "connected_website", "write_access_allowed"),
    *("passport_data", "proximity_alert_triggered", "boost_added", "chat_background_set"),
    *("checklist_tasks_done", "checklist_tasks_added", "direct_message_price_changed"),
    *("forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened"),
    *("general_forum_topic_hidden", "general_forum_topic_unhidden", "giveaway_created"),
    *("giveaway_completed", "managed_bot_created", "paid_message_price_changed"),
    *("poll_option_added", "poll_option_deleted", "suggested_post_approved"),
    *("suggested_post_approval_failed", "suggested_post_declined", "suggested_post_paid"),
    *("suggested_post_refunded", "video_chat_scheduled", "video_chat_started"),
    *("video_chat_ended", "video_chat_participants_invited", "web_app_data"),
    *("community_chat_added", "community_chat_removed", "community_chat_joined"),
)

Accepts = Callable[[int, str | None], bool]


class Membership(NamedTuple):
    """What the bot is in a chat now: administrator, member, left, kicked, ..."""

    chat_id: int
    title: str
    status: str


class Migration(NamedTuple):
    """A basic group became a supergroup, which has another id."""

    chat_id: int
    new_id: int


Meaning = Message | Skipped | Membership | Migration


def read_update(update: dict[str, Any], accepts: Accepts) -> Meaning:
    """What the update means; `accepts` decides by a chat's id and public name.

    Raises UnreadableError, and nothing else, for whatever it cannot read: that goes to the table
    `undecoded`, raw.
    """
    where = f"update {update.get('update_id')}"[:64]
    kind = next((name for name in KINDS if name in update), None)
    if kind is None:
        return Skipped(where, "an update of another kind")
    body = update[kind]
    if not isinstance(body, dict):
        raise UnreadableError(f"{kind} is no object")
    chat = as_dict(body.get("chat"))
    if chat.get("type") not in _CHATS:
        is_private = chat.get("type") == "private"
        return Skipped(where, "private chat" if is_private else "a chat of unknown type")
    if kind == MEMBERSHIP:
        return _membership(chat, body)
    return _meaning(chat, body, accepts) or Skipped(where, "service message")


def _meaning(chat: dict[str, Any], body: dict[str, Any], accepts: Accepts) -> Meaning | None:
    """What is said in a channel or group; None for what Telegram itself says there."""
    chat_id, username = _id(chat.get("id"), "chat.id"), chat.get("username")
    if not accepts(chat_id, username if isinstance(username, str) else None):
        return Skipped(str(chat_id), "channel is not declared")
    if "migrate_to_chat_id" in body:
        return Migration(chat_id, _id(body["migrate_to_chat_id"], "migrate_to_chat_id"))
    if any(name in body for name in _SERVICE):
        return None
    try:
        return checked(_message(chat_id, body))
    except RecursionError as error:
        raise UnreadableError(f"breaks the contract at {error}") from None


def _message(chat_id: int, body: dict[str, Any]) -> Message:
    sent = _time(body.get("date"))
    if sent is None:
        raise UnreadableError("date is missing or no time")
    edited, album = _time(body.get("edit_date")), body.get("media_group_id")
    return Message(
        channel_id=chat_id,
        message_id=_id(body.get("message_id"), "message_id"),
        text=_text(body),
        timestamp=sent,
        edited_at=edited if edited and edited >= sent else None,
        source="bot",
        photos=_photos(body.get("photo")),
        media_type=_media_type(body),
        album_id=fit(album)[:_MAX_ALBUM] or None if isinstance(album, str) else None,
        origin=_origin(as_dict(body.get("forward_origin"))),
    )


def _membership(chat: dict[str, Any], body: dict[str, Any]) -> Membership:
    chat_id = _id(chat.get("id"), "chat.id")
    status, title = as_dict(body.get("new_chat_member")).get("status"), chat.get("title")
    if not isinstance(status, str):
        raise UnreadableError("my_chat_member without a status")
    name = fit_name(title) if isinstance(title, str) else None
    return Membership(chat_id, name or str(chat_id), (fit_name(status) or "")[:_MAX_ALBUM])


def _id(value: Any, name: str) -> int:
    if not _is_id(value):
        raise UnreadableError(f"{name} is missing or no id")
    return int(value)


def _is_id(value: Any) -> bool:
    return type(value) is int and value != 0 and abs(value) <= INT64_MAX


def _time(value: Any) -> datetime | None:
    if type(value) is not int or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UnreadableError("a time is beyond the calendar") from error


def _text(body: dict[str, Any]) -> str:
    for name in ("text", "caption"):
        if isinstance(text := body.get(name), str) and text:
            return fit(text)
    return fit(flatten(body.get("rich_message")))


def _photos(sizes: Any) -> list[Photo]:
    """The facts of the largest size, without which a download is not possible."""
    known = [as_dict(size) for size in sizes] if isinstance(sizes, list) else []
    measured = [each for each in known if is_side(each.get("width"), each.get("height"))]
    if not measured:
        return []
    largest = max(measured, key=lambda each: int(each["width"]) * int(each["height"]))
    facts: dict[str, str | int | float | bool | None] = {}
    for name in _PHOTO_FACTS:
        value = largest.get(name)
        if isinstance(value, str):
            facts[name] = fit_name(value)
        elif is_side(value):
            facts[name] = value
    return [facts]


def _media_type(body: dict[str, Any]) -> str | None:
    if word := next((name for name in _MEDIA if name in body), None):
        return word
    return None if any(body.get(name) for name in _TEXTS) else "unknown"


def _origin(forward: dict[str, Any]) -> Origin | None:
    """Where a forward came from: with channel and id, the copy counts as the original message."""
    if not forward:
        return None
    chat = as_dict(forward.get("chat") or forward.get("sender_chat"))
    user = as_dict(forward.get("sender_user"))
    person = " ".join(
        part for part in (user.get("first_name"), user.get("last_name")) if isinstance(part, str)
    )
    name = chat.get("title") or forward.get("sender_user_name") or person
    channel_id, message_id = chat.get("id"), forward.get("message_id")
    is_post = forward.get("type") == "channel" and _is_id(channel_id) and _is_id(message_id)
    return Origin(
        channel_id=channel_id if is_post else None,
        message_id=message_id if is_post else None,
        timestamp=_time(forward.get("date")),
        name=fit_name(name) if isinstance(name, str) else None,
    )
