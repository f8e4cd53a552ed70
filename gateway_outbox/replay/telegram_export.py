"""Telegram Desktop's JSON exports (`result.json`), of one chat or of a whole account.

Read as a stream: memory holds one message at a time, however long the file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from gateway_outbox.errors import ExportError
from gateway_outbox.replay.entry import Entry, Skipped
from gateway_outbox.replay.exported_message import Chat, read_message
from gateway_outbox.replay.json_events import json_events, whole_value

# Places as the keys that lead there; None is a list's item.
_CHATS: tuple[tuple[str | None, ...], ...] = (
    (),
    ("chats", "list", None),
    ("left_chats", "list", None),
)
_MESSAGE_LISTS = tuple((*place, "messages", None) for place in _CHATS)
_CHAT_LISTS = (("chats", "list", None), ("left_chats", "list", None))


def read_export(path: Path) -> Iterator[Entry]:
    """The export's messages in file order, and what is skipped, as they are read.

    Raises ExportError where the file breaks (after everything before the break) or when it is no
    export, and OSError when it cannot be read.
    """
    with path.open("rb") as stream:
        yield from read_stream(stream)


def read_stream(stream: BinaryIO) -> Iterator[Entry]:
    """As `read_export`, from an open file, whose `tell()` then is the progress."""
    walk = _Walk()
    events = json_events(stream)
    for event, value in events:
        if event != "end_array" and walk.is_in_messages:
            item = whole_value((event, value), events)
            yield _entry(item, walk)
        else:
            walk.follow(event, value)
    if not walk.seen:
        raise ExportError(
            f"{Path(stream.name).name}: JSON, but no Telegram Desktop export: no list of messages"
            " was found. Export the chat with the format 'Machine-readable JSON' and give its"
            " result.json"
        )


def _entry(item: Any, walk: "_Walk") -> Entry:
    where = walk.next_message()
    if not isinstance(item, dict):
        return Skipped(where, "not a JSON object")
    return read_message(item, walk.chat, where)


class _Walk:
    """Where in the file the events are, and whose messages come."""

    def __init__(self) -> None:
        self.seen = False
        self.chat = Chat()
        self._place: list[str | None] = []
        self._chat_path = "$"
        self._chats = -1
        self._messages = -1

    @property
    def is_in_messages(self) -> bool:
        """Whether what comes next is an item of a list of messages, or the list's end."""
        return tuple(self._place) in _MESSAGE_LISTS

    def next_message(self) -> str:
        """The path of the item that was just read."""
        self._messages += 1
        return f"{self._chat_path}.messages[{self._messages}]"

    def follow(self, event: str, value: Any) -> None:
        """Move on by one event outside of messages."""
        if event == "map_key":
            self._place[-1] = value
        elif event in ("end_map", "end_array"):
            self._place.pop()
        elif event in ("start_map", "start_array"):
            self._enter(event)
        elif self._place and self._place[-1] in ("name", "type", "id"):
            self._describe(self._place[-1], value)

    def _enter(self, event: str) -> None:
        if event == "start_map" and tuple(self._place) in _CHAT_LISTS:
            self._chats += 1
            self._chat_path = f"$.{self._place[0]}.list[{self._chats}]"
            self.chat = Chat()
        # What a map's key will overwrite, and what a list's items are known by.
        self._place.append("" if event == "start_map" else None)
        if event == "start_array":
            place = tuple(self._place)
            self.seen = self.seen or place in _MESSAGE_LISTS or place in _CHAT_LISTS
            self._messages = -1 if place in _MESSAGE_LISTS else self._messages
            self._chats = -1 if place in _CHAT_LISTS else self._chats

    def _describe(self, key: str, value: Any) -> None:
        if tuple(self._place[:-1]) not in _CHATS:
            return
        if key == "id":
            self.chat = self.chat._replace(id=value)
        elif key == "type":
            self.chat = self.chat._replace(kind=value)
