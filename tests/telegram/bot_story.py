"""Posts and edits in several channels, as a server publishes them, and what must come of them."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio

from tests.telegram.bot_api_server import BotApiServer
from tests.telegram.bot_updates import CHANNEL, SENT, chat, post

_CHANNELS = 3
_EDITS = 0.3

Key = tuple[int, int]


class BotStory:
    """`texts` has every text of each message, in order. The same seed tells the same story."""

    def __init__(self, seed: int) -> None:
        self.texts: dict[Key, list[str]] = {}
        self._dice = random.Random(seed)
        self._clock = SENT

    @property
    def channels(self) -> list[int]:
        """Where it posts."""
        return [CHANNEL - number for number in range(_CHANNELS)]

    @property
    def revisions(self) -> int:
        """How many rows there must be."""
        return sum(map(len, self.texts.values()))

    def tell(self, server: BotApiServer) -> None:
        """Post one message more, or edit one."""
        self._clock += 1
        if self.texts and self._dice.random() < _EDITS:
            channel, number = self._dice.choice([*self.texts])
            edit = post(number, self._text(channel, number), edit_date=self._clock)
            server.publish("edited_channel_post", edit | {"date": SENT, "chat": chat(channel)})
            return
        channel = self.channels[self._dice.randrange(_CHANNELS)]
        number = 1 + sum(known == channel for known, _ in self.texts)
        fresh = post(number, self._text(channel, number), chat=chat(channel), date=SENT)
        server.publish("channel_post", fresh)

    async def tell_on(self, server: BotApiServer, pause: float, stop: anyio.Event) -> None:
        """One after the other, until `stop`."""
        while not stop.is_set():
            self.tell(server)
            await anyio.sleep(pause)

    def check(self, outbox: Path) -> None:
        """Exactly what was told is there: each text once, and the last one is the latest."""
        found: dict[Key, list[str]] = {}
        question = (
            "SELECT channel_id, message_id, json_extract(cast(payload AS TEXT), '$.text')"
            " FROM outbox ORDER BY channel_id, message_id, revision, seq"
        )
        for channel, number, text in rows(outbox, question):
            found.setdefault((channel, number), []).append(text)
        assert found == self.texts

    def _text(self, channel: int, number: int) -> str:
        versions = self.texts.setdefault((channel, number), [])
        versions.append(f"mensagem {number} de {channel}, versão {len(versions)}")
        return versions[-1]


def rows(outbox: Path, question: str) -> list[tuple[int, int, str]]:
    """Rows of an outbox, whoever writes to it."""
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as connection:
        return connection.execute(question).fetchall()
