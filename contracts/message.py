"""A Telegram message as it crosses the wire: the body of `POST /ingest`.

The first five fields are the proposal's and are enough; the others carry what would else be lost.
Ids are in the marked form (a channel is `-100…`), as the Bot API and Telethon's
`utils.get_peer_id` give them.
"""

import hashlib
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

MAX_TEXT_BYTES = 16 * 1024
MAX_PHOTOS = 64
INT64_MAX = 2**63 - 1

# Send times outside these are a broken clock or a broken export, and would each open a
# partition of their own in the database.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

MessageId = Annotated[int, msgspec.Meta(ge=1, le=INT64_MAX, description="Telegram's message id")]
Time = Annotated[datetime, msgspec.Meta(tz=True)]
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Photo = str | dict[str, str | int | float | bool | None]
Traceparent = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
]

if TYPE_CHECKING:
    ChatId = int
else:
    # The old gateway sends its ids as strings; `Message` turns them into numbers on arrival.
    ChatId = Annotated[
        Annotated[int, msgspec.Meta(ge=-INT64_MAX - 1, le=INT64_MAX)]
        | Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,19}$")],
        msgspec.Meta(description="marked chat id, as number or string"),
    ]


class Key(NamedTuple):
    """What makes two deliveries the same message."""

    channel_id: int
    message_id: int


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Where a forwarded message came from.

    With both ids known, the copy and the original are one message. `name` alone (all that a
    Telegram Desktop export tells) is kept as information.
    """

    channel_id: ChatId | None = None
    message_id: MessageId | None = None
    timestamp: Time | None = None
    name: Annotated[str, msgspec.Meta(max_length=256)] | None = None

    def __post_init__(self) -> None:
        _number_channel_id(self, self.channel_id)


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One revision of one Telegram message.

    `timestamp` is Telegram's send time and never changes; `edited_at` is set on an edit.
    With `deleted_at` (when the deletion was noticed) it is a tombstone: the text is empty, and
    `timestamp` the send time only where the gateway still knew it.
    `received_at` is when the gateway had it, `sequence` its outbox row: the tie-break between two
    edits of one second (Telegram's times have whole seconds).
    """

    channel_id: ChatId
    message_id: MessageId
    text: str
    timestamp: Time
    photos: Annotated[list[Photo], msgspec.Meta(max_length=MAX_PHOTOS)] = []
    edited_at: Time | None = None
    deleted_at: Time | None = None
    source: Word | None = None
    media_type: Word | None = None
    album_id: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    origin: Origin | None = None
    received_at: Time | None = None
    sequence: Annotated[int, msgspec.Meta(ge=0, le=INT64_MAX)] = 0
    traceparent: Traceparent | None = None

    def __post_init__(self) -> None:
        _number_channel_id(self, self.channel_id)

    @property
    def key(self) -> Key:
        """The message's identity: the original's where this is a copy with a known origin."""
        origin = self.origin
        if origin and origin.channel_id is not None and origin.message_id is not None:
            return Key(origin.channel_id, origin.message_id)
        return Key(self.channel_id, self.message_id)

    @property
    def sent_at(self) -> datetime:
        """Telegram's send time of the message that `key` names, UTC."""
        origin = self.origin
        if origin and origin.message_id is not None and origin.timestamp is not None:
            return origin.timestamp.astimezone(UTC)
        return self.timestamp.astimezone(UTC)

    @property
    def version_at(self) -> datetime:
        """When this text became the message's text: the edit's time, else the send time, UTC."""
        return self.edited_at.astimezone(UTC) if self.edited_at else self.sent_at


def _number_channel_id(holder: msgspec.Struct, sent: object) -> None:
    """Turn an id that came as a string into the number it means."""
    if isinstance(sent, str):
        msgspec.structs.force_setattr(holder, "channel_id", int(sent))


def text_digest(text: str) -> bytes:
    """SHA-256 of a text's canonical form: the same words through any source give the same 32 bytes.

    Sources differ in composition (NFC) and in blanks at the ends, which no reader sees.
    """
    return hashlib.sha256(unicodedata.normalize("NFC", text).strip().encode()).digest()
