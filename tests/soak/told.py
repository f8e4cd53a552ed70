"""The oracle's book: every message, edit and deletion that was given to the scripted Telegram."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from contracts.message import Key


class Version(NamedTuple):
    """A text, and when it was edited to that (None: as first sent)."""

    text: str
    edited_at: datetime | None


@dataclass(slots=True)
class Told:
    """One message: its versions in order, who can see it, and what became of it.

    `pts` is the channel's number after the last change that the user session can see.
    `is_confirmed`: it was once seen in the database, so that no deletion excuses its absence.
    """

    posted_at: float
    date: datetime
    versions: list[Version]
    by_user: bool
    by_bot: bool
    pts: int = 0
    is_deleted: bool = False
    is_confirmed: bool = False

    @property
    def last(self) -> Version:
        """What the message says now."""
        return self.versions[-1]


@dataclass
class Book:
    """Messages by channel (marked id) and number; `done` counts what was told.

    `bot_log` has the texts of each channel that only the bot sees, in the order of its updates.
    """

    channels: dict[int, dict[int, Told]] = field(default_factory=dict)
    bot_log: dict[int, list[str]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    unconfirmed: dict[Key, Told] = field(default_factory=dict)

    def post(self, key: Key, told: Told) -> None:
        """A new message."""
        self.channels.setdefault(key.channel_id, {})[key.message_id] = told
        self.unconfirmed[key] = told
        self.done["messages"] += 1
        self._note(key, told)

    def edit(self, key: Key, version: Version, pts: int) -> None:
        """Another text."""
        told = self.channels[key.channel_id][key.message_id]
        told.versions.append(version)
        told.pts = pts
        self.done["edits"] += 1
        self._note(key, told)

    def delete(self, key: Key, pts: int) -> None:
        """The message is gone."""
        told = self.channels[key.channel_id][key.message_id]
        told.is_deleted, told.pts = True, pts
        self.unconfirmed.pop(key, None)
        self.done["deletions"] += 1

    def confirm(self, keys: set[Key]) -> None:
        """These are in the database."""
        for key in keys:
            told = self.unconfirmed.pop(key, None)
            if told is not None:
                told.is_confirmed = True

    def awaited(self) -> set[Key]:
        """What is not known to be in the database, and was not deleted."""
        return set(self.unconfirmed)

    def all(self) -> Iterator[tuple[Key, Told]]:
        """Every message."""
        for channel, messages in self.channels.items():
            for number, told in messages.items():
                yield Key(channel, number), told

    def _note(self, key: Key, told: Told) -> None:
        if told.by_bot and not told.by_user:
            self.bot_log.setdefault(key.channel_id, []).append(told.last.text)


def posted_now() -> float:
    """Seconds since 1970, by the clock that the database has too."""
    return time.time()
