"""A channel or supergroup as Telegram keeps it: messages, and the numbered events of its log."""

import copy
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from telethon.tl import types

MARK = -1_000_000_000_000


class Event(NamedTuple):
    """One line of the log: `pts` is the channel's number after it."""

    pts: int
    pts_count: int
    kind: str  # "new", "edit" or "delete"
    ids: tuple[int, ...]


Announce = Callable[["Channel", list[Any]], None]


@dataclass
class Channel:
    """Made by `Telegram.channel`. Every operation adds to the log and, unless withheld, pushes.

    `id` is bare (`marked_id` is the Bot API's). Flags may be changed at any time:

    - `window`: how many pts back the log reaches; older gets `channelDifferenceTooLong`
    - `page`: most events in one difference; `timeout`: seconds it tells the client to wait
    - `joined`: only then are there pushes and a dialog; `writable`: whether `me` may post here
    - `refusal`: the error of every request about the channel, as CHANNEL_PRIVATE (see `ban`)
    """

    id: int
    access_hash: int
    title: str
    announce: Announce
    lock: AbstractContextManager[Any]
    username: str | None = None
    broadcast: bool = True
    noforwards: bool = False
    joined: bool = True
    writable: bool = False
    window: int = 100_000
    page: int = 100
    timeout: int | None = None
    refusal: str | None = None
    pts: int = 1
    last_id: int = 0
    messages: dict[int, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def marked_id(self) -> int:
        """The id with -100 before it."""
        return MARK - self.id

    @property
    def peer(self) -> Any:
        """The id as messages carry it."""
        return types.PeerChannel(self.id)

    @property
    def input(self) -> Any:
        """What a client that knows the access hash asks with."""
        return types.InputChannel(self.id, self.access_hash)

    @property
    def entity(self) -> Any:
        """The channel as answers list it under `chats`."""
        if self.refusal is not None:
            return types.ChannelForbidden(
                self.id, self.access_hash, self.title, self.broadcast, not self.broadcast
            )
        return types.Channel(
            self.id,
            self.title,
            types.ChatPhotoEmpty(),
            datetime(2024, 1, 1, tzinfo=UTC),
            left=not self.joined,
            broadcast=self.broadcast,
            megagroup=not self.broadcast,
            noforwards=self.noforwards,
            access_hash=self.access_hash,
            username=self.username,
        )

    @property
    def top(self) -> int:
        """The id of the newest message that is left, 0 without any."""
        return max(self.messages, default=0)

    def post(
        self, text: str = "", *, date: datetime | None = None, push: bool = True, **fields: Any
    ) -> Any:
        """A new message. `fields` are the Message's: media, grouped_id, fwd_from, entities, ..."""
        with self.lock:
            fields = {"post": self.broadcast, "noforwards": self.noforwards, **fields}
            message = types.Message(
                self.last_id + 1, self.peer, date=date or now(), message=text, **fields
            )
            return self._add(message, push)

    def service(self, action: Any, *, date: datetime | None = None, push: bool = True) -> Any:
        """A new service message, as types.MessageActionPinMessage()."""
        with self.lock:
            message = types.MessageService(
                self.last_id + 1, self.peer, date=date or now(), action=action, post=self.broadcast
            )
            return self._add(message, push)

    def rename(self, title: str, *, push: bool = True) -> None:
        """A new title, told by a service message."""
        self.title = title
        self.service(types.MessageActionChatEditTitle(title), push=push)

    def edit(
        self, id_: int, text: str, *, hide: bool = False, push: bool = True, **fields: Any
    ) -> Any:
        """Change a message's text; `hide` where readers are not to see it as an edit."""
        with self.lock:
            message = copy.copy(self.messages[id_])  # what was pushed stays as it was
            fields = {"edit_date": now(), **fields}
            for name, value in {"message": text, "edit_hide": hide, **fields}.items():
                setattr(message, name, value)
            self.messages[id_] = message
            self._log("edit", [id_], push)
            return message

    def delete(self, ids: Iterable[int], *, push: bool = True) -> None:
        """Remove those that are there; each counts one pts."""
        with self.lock:
            found = [id_ for id_ in ids if self.messages.pop(id_, None) is not None]
            if found:
                self._log("delete", found, push)

    def ban(self, refusal: str = "CHANNEL_PRIVATE", *, push: bool = True) -> None:
        """Refuse every request about the channel from now on (or CHANNEL_INVALID)."""
        with self.lock:
            self.refusal = refusal
            if push:
                self.announce(self, [types.UpdateChannel(self.id)])

    def unban(self) -> None:
        """Answer again."""
        self.refusal = None

    def push_too_long(self) -> None:
        """Tell clients that they missed too much to be told one by one."""
        self.announce(self, [types.UpdateChannelTooLong(self.id, self.pts)])

    def update(self, event: Event) -> Any:
        """The event as clients get it, with the message as it is now. None if it is gone."""
        if event.kind == "delete":
            return types.UpdateDeleteChannelMessages(
                self.id, list(event.ids), event.pts, event.pts_count
            )
        message = self.messages.get(event.ids[0])
        made = types.UpdateNewChannelMessage
        made = made if event.kind == "new" else types.UpdateEditChannelMessage
        return None if message is None else made(message, event.pts, event.pts_count)

    def _add(self, message: Any, push: bool) -> Any:
        self.last_id = message.id
        self.messages[message.id] = message
        self._log("new", [message.id], push)
        return message

    def _log(self, kind: str, ids: list[int], push: bool) -> None:
        self.pts += len(ids)
        event = Event(self.pts, len(ids), kind, tuple(ids))
        self.events.append(event)
        if push and self.joined and self.refusal is None:
            self.announce(self, [self.update(event)])


def now() -> datetime:
    """The time as Telegram tells it: UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
