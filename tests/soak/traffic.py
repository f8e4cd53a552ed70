"""What people do in Telegram, from a seed: post, edit, delete, and sometimes all at once."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import anyio

from contracts.message import Key
from ops.bench_messages import bench_messages
from tests.soak.told import Book, Told, Version, posted_now
from tests.telegram.bot_api_server import BotApiServer
from tests.telegram.bot_updates import chat
from tests.telegram.channel import Channel, now
from tests.telegram.world import Telegram

_EDIT, _DELETE, _WITHHELD = 0.12, 0.03, 0.1
_RECENT = 100  # what is older is left alone: see "too long" in docs/adr/own-reconciliation.md
_BOT_CHANNEL = -1_001_900_000_000
_TITLE = "Mesa"


class Place(NamedTuple):
    """A channel: its marked id, the model's where the user session reads it, the bot's server."""

    channel_id: int
    channel: Channel | None
    bot: BotApiServer | None


class Traffic:
    """Acts on the scripted servers and writes each act into `book` first-hand.

    `users` channels only the session reads, `bots` only the bot, and one is read by both.
    """

    def __init__(
        self, telegram: Telegram, bot: BotApiServer, seed: int, window: int, each: int = 4
    ) -> None:
        self.book = Book()
        self.is_paused = False
        self.withheld_share = _WITHHELD
        self._dice = random.Random(seed)
        self._texts: Iterator[Any] = bench_messages(2**62, 1, seed)
        made = [telegram.channel(f"Canal {n}", f"canal{n}", window=window) for n in range(each + 1)]
        self.places = [Place(one.marked_id, one, None) for one in made[1:]]
        self.places += [Place(_BOT_CHANNEL - n, None, bot) for n in range(each)]
        self.places.append(Place(made[0].marked_id, made[0], bot))
        self._last_ids: dict[int, int] = {}

    @property
    def user_channels(self) -> list[Channel]:
        """The channels that the user session reads."""
        return [place.channel for place in self.places if place.channel]

    async def live(self, rate: float) -> None:
        """Do so many things a second until cancelled; what was missed in a pause is left out."""
        begun, count = time.monotonic(), 0
        while True:
            wait = begun + count / rate - time.monotonic()
            await anyio.sleep(max(0.0, wait))
            if wait < -1.0:  # the machine cannot do it: no flood afterwards
                begun, count = time.monotonic(), 0
            count += 1
            if not self.is_paused:
                self.act()

    def act(self) -> None:
        """One thing in one channel."""
        place, drawn = self._dice.choice(self.places), self._dice.random()
        recent = self._recent(place)
        if recent and place.channel and drawn < _DELETE:
            self.delete(place, self._dice.choice(recent))
        elif recent and drawn < _DELETE + _EDIT:
            self.edit(place, self._dice.choice(recent))
        else:
            self.post(place)

    def burst(self, count: int, *, push: bool | None = None, user_only: bool = False) -> int:
        """So many messages in one channel at once; returns the channel's marked id."""
        places = [each for each in self.places if each.channel and not each.bot]
        place = self._dice.choice(places if user_only else self.places)
        for _ in range(count):
            self.post(place, push=push)
        return place.channel_id

    def post(self, place: Place, *, push: bool | None = None) -> None:
        """A new message."""
        text, date = self._text(), now()
        told = Told(
            posted_now(),
            date,
            [Version(text, None)],
            by_user=place.channel is not None,
            by_bot=place.bot is not None,
        )
        number = self._last_ids[place.channel_id] = self._last_ids.get(place.channel_id, 0) + 1
        self.book.post(Key(place.channel_id, number), told)
        if place.channel:
            place.channel.post(text, date=date, push=self._pushed(push))
            told.pts = place.channel.pts
        if place.bot:
            self._publish(place, number, told, "channel_post")

    def edit(self, place: Place, number: int) -> None:
        """Another text, some second later by Telegram's clock, which has whole seconds."""
        told = self.book.channels[place.channel_id][number]
        last = told.last.edited_at or told.date
        at = max(last + timedelta(seconds=1), datetime.now(UTC).replace(microsecond=0))
        text = self._text()
        if place.channel:
            place.channel.edit(number, text, edit_date=at, push=self._pushed(None))
        pts = place.channel.pts if place.channel else 0
        self.book.edit(Key(place.channel_id, number), Version(text, at), pts)
        if place.bot:
            self._publish(place, number, told, "edited_channel_post")

    def delete(self, place: Place, number: int) -> None:
        """The message is gone, which no bot is told."""
        if place.channel:
            place.channel.delete([number], push=self._pushed(None))
            self.book.delete(Key(place.channel_id, number), place.channel.pts)

    def _publish(self, place: Place, number: int, told: Told, kind: str) -> None:
        update = {
            "message_id": number,
            "date": int(told.date.timestamp()),
            "chat": chat(place.channel_id, title=_TITLE),
            "text": told.last.text,
        }
        if told.last.edited_at:
            update["edit_date"] = int(told.last.edited_at.timestamp())
        if place.bot:
            place.bot.publish(kind, update)

    def _recent(self, place: Place) -> list[int]:
        """The newest messages of a channel that were not deleted."""
        messages = self.book.channels.get(place.channel_id, {})
        top = self._last_ids.get(place.channel_id, 0)
        ids = range(max(1, top - _RECENT + 1), top + 1)
        return [number for number in ids if not messages[number].is_deleted]

    def _pushed(self, push: bool | None) -> bool:
        if push is None:
            push = self._dice.random() >= self.withheld_share
        self.book.done["withheld pushes"] += not push
        return push

    def _text(self) -> str:
        """A text that no other message or edit has."""
        number = self.book.done["messages"] + self.book.done["edits"]
        return f"{next(self._texts).text}\n\n{number}: atenção 🚀"
