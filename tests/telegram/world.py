"""A model of Telegram: accounts, keys and channels. It holds all state; servers hold none."""

import os
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from telethon.tl import types

from tests.telegram.channel import Channel, now
from tests.telegram.files import HOME, Files
from tests.telegram.packet import key_id
from tests.telegram.refusal import RefusedError

FIRST_CHANNEL = 1_500_000_001


class Delivery(NamedTuple):
    """A message in an account's common box, and the chats that it names."""

    pts: int
    message: Any
    chats: tuple[Any, ...]


@dataclass
class Account:
    """A user who can be logged in; `pts` is the number of its common box, `box` what is in it."""

    id: int
    first_name: str
    access_hash: int
    phone: str
    username: str | None = None
    pts: int = 1
    box: list[Delivery] = field(default_factory=list)

    def entity(self, *, is_self: bool = True) -> Any:
        """The user as answers list it under `users`."""
        return types.User(
            self.id,
            is_self=is_self,
            access_hash=self.access_hash,
            first_name=self.first_name,
            username=self.username,
            phone=self.phone,
            status=types.UserStatusRecently(),
        )


@dataclass
class Login:
    """An authorization key (256 bytes), and whose it is: nobody's before the login.

    `centre` is the data centre that it is for.
    `refusal` answers every request with this error, as RefusedError(401, "SESSION_REVOKED").
    """

    key: bytes
    account: Account | None = None
    refusal: RefusedError | None = None
    centre: int = HOME


class Push(NamedTuple):
    """An update for connections: those of an account (None: of all), or those of one key.

    `skip` is the session id of the connection that caused it and has it as its answer.
    """

    update: Any
    account: int | None = None
    key: bytes | None = None
    skip: int | None = None


class Telegram:
    """Everything that Telegram knows. Its methods may be called from any thread.

    `me` is the account that tests log in with, `files` the store of photos and documents.
    `audience` holds what hears of pushes: the servers.
    """

    def __init__(self, *, seed: int = 1) -> None:
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self.me = Account(777_000_111, "Ana", self.hash(), "5511987654321")
        self.accounts = {self.me.id: self.me}
        self.logins: dict[bytes, Login] = {}
        self.channels: dict[int, Channel] = {}
        self.audience: set[Callable[[Push], None]] = set()
        self.files = Files(self.random)
        self.random_ids: set[tuple[int, int]] = set()  # of forwards: account, id
        self.exports: dict[bytes, tuple[Account, int]] = {}  # logins for other data centres
        self.address = ("127.0.0.1", 0)

    def hash(self) -> int:
        """A new access hash."""
        return self.random.getrandbits(62)

    def channel(self, title: str, username: str | None = None, **flags: Any) -> Channel:
        """A new channel without messages; `flags` are fields of Channel."""
        with self.lock:
            id_ = flags.pop("id", FIRST_CHANNEL + len(self.channels))
            made = Channel(id_, self.hash(), title, self._announce, self.lock, username, **flags)
            self.channels[id_] = made
            return made

    def login(self, account: Account | None = None) -> Login:
        """A new key that is logged in, as `me` unless told otherwise."""
        return self.register(os.urandom(256), account or self.me)

    def register(self, key: bytes, account: Account | None = None) -> Login:
        """Know a key; a handshake has nobody's."""
        with self.lock:
            login = self.logins[key_id(key)] = Login(key, account)
            return login

    def push(self, push: Push) -> None:
        """Send an update to the connections that it is for."""
        for hear in list(self.audience):
            hear(push)

    def deliver(self, message: Any, *chats: Any, push: bool = True) -> None:
        """Put a message of a private chat or basic group into the common box of `me`."""
        with self.lock:
            self.me.pts += 1
            self.me.box.append(Delivery(self.me.pts, message, chats))
            update = types.UpdateNewMessage(message, self.me.pts, 1)
        if push:
            self.push(Push(types.Updates([update], [], list(chats), now(), 0), self.me.id))

    def migrate(self, group: int, title: str, *, push: bool = True) -> Channel:
        """The basic group of this bare id becomes a supergroup, which is returned."""
        made = self.channel(title, broadcast=False)
        chat = types.Chat(
            *(group, title, types.ChatPhotoEmpty(), 2, now(), 1),
            deactivated=True,
            migrated_to=made.input,
        )
        moved = types.MessageActionChatMigrateTo(made.id)
        peer, id_ = types.PeerChat(group), 1 + len(self.me.box)
        farewell = types.MessageService(id_, peer, date=now(), action=moved)
        self.deliver(farewell, chat, made.entity, push=push)
        made.service(types.MessageActionChannelMigrateFrom(title, group), push=push)
        return made

    def find(self, asked: Any) -> Channel:
        """The channel of an InputChannel or InputPeerChannel.

        Raises RefusedError where Telegram refuses: no channel, unknown, wrong access hash, banned,
        or neither joined nor public.
        """
        if not hasattr(asked, "channel_id"):
            raise RefusedError(400, "PEER_ID_INVALID")
        channel = self.channels.get(asked.channel_id)
        if channel is None or channel.access_hash != asked.access_hash:
            raise RefusedError(400, "CHANNEL_INVALID")
        if channel.refusal is not None:
            raise RefusedError(400, channel.refusal)
        if not channel.joined and channel.username is None:
            raise RefusedError(400, "CHANNEL_PRIVATE")
        return channel

    def _announce(self, channel: Channel, updates: list[Any]) -> None:
        self.push(Push(told(updates, channel)))


def told(updates: list[Any], *channels: Channel) -> Any:
    """Updates as one thing to send, with the channels that they name."""
    return types.Updates(updates, [], [each.entity for each in channels], now(), 0)
