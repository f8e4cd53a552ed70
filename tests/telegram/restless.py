"""Channels that are posted to, edited and deleted from without a pause, from a seed."""

import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import anyio

from tests.telegram.channel import Channel, now
from tests.telegram.world import Telegram

_EDIT, _DELETE, _WITHHELD = 0.15, 0.05, 0.15
_RECENT = 40


class Restless:
    """So many channels whose log reaches back `window` events.

    `done` counts what was posted, edited, deleted and withheld; its total stands in each of
    `texts`, that of a post and that of an edit. Edits are seconds apart by Telegram's clock, which
    has whole seconds.
    """

    def __init__(self, telegram: Telegram, channels: int, window: int, seed: int) -> None:
        self.channels = [
            telegram.channel(f"Canal {number}", username=f"canal{number}", window=window, page=7)
            for number in range(1, channels + 1)
        ]
        self.done: Counter[str] = Counter()
        self.texts = ("sinal {}", "corrigido {}")
        self.paused = False
        self._dice = random.Random(seed)
        self._clock = now()

    async def live(self, rate: float) -> None:
        """Do so many things a second until cancelled."""
        begun, count = time.monotonic(), 0
        while True:
            await anyio.sleep(max(0.0, begun + count / rate - time.monotonic()))
            count += 1
            if not self.paused:
                self.act()

    def act(self) -> None:
        """One thing in one channel."""
        dice = self._dice
        channel = dice.choice(self.channels)
        push = dice.random() >= _WITHHELD
        self.done["withheld"] += not push
        recent = sorted(channel.messages)[-_RECENT:]
        drawn = dice.random()
        if recent and drawn < _DELETE:
            channel.delete([dice.choice(recent)], push=push)
            self.done["deleted"] += 1
        elif recent and drawn < _DELETE + _EDIT:
            self._edit(channel, dice.choice(recent), push=push)
        else:
            channel.post(self.texts[0].format(self.done.total()), push=push)
            self.done["posted"] += 1

    def _edit(self, channel: Channel, id_: int, *, push: bool) -> None:
        self._clock = max(self._clock + timedelta(seconds=1), datetime.now(UTC))
        self._clock = self._clock.replace(microsecond=0)
        text = self.texts[1].format(self.done.total())
        channel.edit(id_, text, push=push, edit_date=self._clock)
        self.done["edited"] += 1
