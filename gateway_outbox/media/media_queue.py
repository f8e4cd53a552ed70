"""The third lane's books: which files of messages are to be downloaded, and under which names.

The name is decided when the message is received, and stands in the message that the API gets; the
file follows within seconds, so that no text ever waits for a picture.
"""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec.structs import replace

from contracts.message import Message, Photo
from gateway_outbox.outbox.outbox import Along, Outbox

MediaEnd = Literal["done", "refused", "expired"]
_AT_ONCE = 100

# What a file of this kind mostly is; the name is given before the file is seen.
_SUFFIXES = {
    "photo": "jpg",
    "video": "mp4",
    "animation": "mp4",
    "video_note": "mp4",
    "voice": "ogg",
    "audio": "mp3",
    "sticker": "webp",
}


class WaitingFile(NamedTuple):
    """A file that is still to be downloaded, for `attempts` tries so far."""

    channel_id: int
    message_id: int
    kind: str
    file: str
    attempts: int
    queued_ms: int


class MediaQueue:
    """The table `media`, for the kinds of files that are wanted (words of `Message.media_type`)."""

    def __init__(self, outbox: Outbox, folder: Path, kinds: str, max_age_days: float) -> None:
        self.folder = folder
        self.max_age = timedelta(days=max_age_days)
        self._outbox = outbox
        self._kinds = frozenset(kinds.replace(",", " ").lower().split())

    def named(self, message: Message) -> Message:
        """The message with the name of its file, where it has one that is wanted."""
        if not self._is_wanted(message):
            return message
        first: Photo = message.photos[0] if message.photos else {"kind": message.media_type}
        named = dict(first) if isinstance(first, dict) else {"id": first}
        named["file"] = file_name(message)
        return replace(message, photos=[named, *message.photos[1:]])

    def queue_rows(self, messages: Sequence[Message]) -> Along:
        """What queues their files, for the transaction of their append."""
        now_ms = _now_ms()
        rows = [
            (each.channel_id, each.message_id, each.media_type, file_name(each), now_ms)
            for each in messages
            if self._is_wanted(each)
        ]
        return [("queue_media", rows)] if rows else []

    async def waiting(self, channel_ids: Sequence[int] | None = None) -> list[WaitingFile]:
        """The files that have waited longest; in these channels, where some are given."""
        of = None if channel_ids is None else json.dumps(channel_ids)
        rows = await self._outbox.read("media_waiting", (of, _AT_ONCE))
        return [WaitingFile(*row) for row in rows]

    async def pending(self) -> int:
        """How many files wait."""
        return int((await self._outbox.read("media_pending"))[0][0])

    async def tried(self, file: WaitingFile) -> None:
        """An attempt failed, and there will be another."""
        await self._outbox.write("media_tried", [file[:2]])

    async def settle(
        self,
        file: WaitingFile,
        state: MediaEnd,
        *,
        size: int | None = None,
        reason: str | None = None,
    ) -> None:
        """The file is there, or never will be."""
        await self._outbox.write("settle_media", [(state, size, reason, _now_ms(), *file[:2])])

    def is_too_old(self, sent_at: datetime) -> bool:
        """Whether a message's files are no longer downloaded."""
        return datetime.now(UTC) - sent_at > self.max_age

    def _is_wanted(self, message: Message) -> bool:
        return (
            message.media_type in self._kinds
            and message.deleted_at is None
            and not self.is_too_old(message.timestamp)
        )


def file_name(message: Message) -> str:
    """`<chat id without minus>_<message id>_<send time, ms since 1970>.jpg`, as it always was."""
    sent_ms = int(message.timestamp.timestamp() * 1000)
    suffix = _SUFFIXES.get(message.media_type or "", "bin")
    return f"{abs(message.channel_id)}_{message.message_id}_{sent_ms}.{suffix}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
