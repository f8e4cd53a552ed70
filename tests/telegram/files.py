"""The files that Telegram stores, and hands out against a reference that expires."""

import os
import random
from dataclasses import dataclass
from typing import Any

from telethon.tl import types

from tests.telegram.channel import now
from tests.telegram.refusal import RefusedError

HOME = 2  # the data centre of every account here
BLOCK = 4096
MEGABYTE = 1 << 20


@dataclass
class StoredFile:
    """`holder` is the Photo or Document that messages carry; it has id, hash and reference."""

    holder: Any
    contents: dict[str, bytes]  # by thumb_size; a document itself is under ""


class Files:
    """Photos and documents by id. `photo` and `document` give what `Channel.post(media=)` takes."""

    def __init__(self, random_: random.Random) -> None:
        self.by_id: dict[int, StoredFile] = {}
        self._random = random_

    def photo(self, content: bytes, *, centre: int = HOME) -> Any:
        """A photo whose largest size is this content; a smaller size is its first quarter."""
        small = content[: len(content) // 4]
        sizes = [
            types.PhotoStrippedSize("i", b"\x01\x28\x28"),
            types.PhotoSize("m", 320, 240, len(small)),
            types.PhotoSize("x", 800, 600, len(content)),
        ]
        holder = types.Photo(*self._identity(), now(), sizes, centre)
        self.by_id[holder.id] = StoredFile(holder, {"m": small, "x": content})
        return types.MessageMediaPhoto(photo=holder)

    def document(
        self, content: bytes, name: str, mime: str = "application/pdf", *, centre: int = HOME
    ) -> Any:
        """A document of this name."""
        named = [types.DocumentAttributeFilename(name)]
        size = len(content)
        holder = types.Document(*self._identity(), now(), mime, size, centre, named)
        self.by_id[holder.id] = StoredFile(holder, {"": content})
        return types.MessageMediaDocument(document=holder)

    def expire(self) -> None:
        """New references: the old ones are refused, messages asked for again have the new."""
        for stored in self.by_id.values():
            stored.holder.file_reference = os.urandom(16)

    def read(self, asked: Any, centre: int) -> bytes:
        """The part that an upload.getFile asks for. Raises RefusedError."""
        where = asked.location
        stored = self.by_id.get(getattr(where, "id", 0))
        size = getattr(where, "thumb_size", None)
        if stored is None or stored.holder.access_hash != where.access_hash:
            raise RefusedError(400, "LOCATION_INVALID")
        if stored.holder.dc_id != centre:
            raise RefusedError(303, f"FILE_MIGRATE_{stored.holder.dc_id}")
        if stored.holder.file_reference != where.file_reference:
            raise RefusedError(400, "FILE_REFERENCE_EXPIRED")
        if size not in stored.contents:
            raise RefusedError(400, "LOCATION_INVALID")
        return stored.contents[size][slice(*_span(asked))]

    def _identity(self) -> tuple[int, int, bytes]:
        """A new id, access hash and reference."""
        return self._random.getrandbits(62), self._random.getrandbits(62), os.urandom(16)


def _span(asked: Any) -> tuple[int, int]:
    """From and to, in bytes (core.telegram.org/api/files, "Downloading files")."""
    block = BLOCK // 4 if asked.precise else BLOCK
    if asked.offset % block:
        raise RefusedError(400, "OFFSET_INVALID")
    whole = asked.precise or not MEGABYTE % asked.limit
    if not 0 < asked.limit <= MEGABYTE or asked.limit % block or not whole:
        raise RefusedError(400, "LIMIT_INVALID")
    if asked.offset // MEGABYTE != (asked.offset + asked.limit - 1) // MEGABYTE:
        raise RefusedError(400, "LIMIT_INVALID")
    return asked.offset, asked.offset + asked.limit
