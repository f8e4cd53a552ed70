"""A made-up history of several channels: signals, chatter and edits, every text unlike any other.

It can be written as a Telegram Desktop export, whole or from some post on, and it tells what the
database must hold at the end.
"""

import json
import random
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

_CHANNELS = (1480001001, 1480002002, 1480003003, 1480004004, 1480005005)
_MARK = 1_000_000_000_000
_BEGIN = 1_794_000_000  # seconds since 1970
_ASSETS = ("PETR4", "VALE3", "ITUB4", "BBDC4", "WEGE3", "PRIO3", "MGLU3")
_EDITS, _SIGNALS = 0.1, 0.4  # shares of all posts


class Post(NamedTuple):
    """One text of one message as it arrived; `edited` is the second of the edit, 0 for none."""

    channel: int
    message: int
    second: int
    edited: int
    text: str

    @property
    def key(self) -> tuple[int, int]:
        """Marked channel and message, as all tables have them."""
        return (-_MARK - self.channel, self.message)


class Story(NamedTuple):
    """The posts in the order of their arrival."""

    posts: list[Post]

    def texts(self) -> dict[tuple[int, int], list[str]]:
        """All texts of each message, the last one its present."""
        found: dict[tuple[int, int], list[str]] = {}
        for post in self.posts:
            found.setdefault(post.key, []).append(post.text)
        return found

    def write(self, file: Path, first: int = 0) -> None:
        """An export of the posts from `first` on; a chat comes up again whenever it posts again."""
        chats = [
            {
                "type": "public_channel",
                "id": channel,
                "messages": [_item(p) for p in posts],
            }
            for channel, posts in groupby(self.posts[first:], lambda post: post.channel)
        ]
        file.write_text(json.dumps({"chats": {"list": chats}}), encoding="utf-8")


def tell(count: int, seed: int) -> Story:
    """A story of so many posts; the same seed tells the same."""
    dice = random.Random(seed)
    posts: list[Post] = []
    for number in range(count):
        earlier = [post for post in posts[-50:] if not post.edited]
        if earlier and dice.random() < _EDITS:
            original = dice.choice(earlier)
            text = _text(number, dice) + " (corrigido)"
            posts.append(original._replace(edited=_BEGIN + number, text=text))
        else:
            channel = posts[-1].channel if posts and number % 3 else dice.choice(_CHANNELS)
            posts.append(Post(channel, number + 1, _BEGIN + number, 0, _text(number, dice)))
    return Story(posts)


def _text(number: int, dice: random.Random) -> str:
    if dice.random() > _SIGNALS:
        return f"conversa {number}: " + "mercado calmo, sem novidade. " * dice.randint(0, 20)
    asset, price = dice.choice(_ASSETS), dice.randint(1000, 9000) / 100
    return (
        f"COMPRA {asset}\nEntrada: {price:.2f}\nAlvo 1: {price * 1.03:.2f}\n"
        f"Alvo 2: {price * 1.05:.2f}\nStop: {price * 0.97:.2f}\nordem {number}"
    )


def _item(post: Post) -> dict[str, Any]:
    edited = {"edited_unixtime": str(post.edited)} if post.edited else {}
    return {
        "id": post.message,
        "type": "message",
        "date_unixtime": str(post.second),
        "text": post.text,
        **edited,
    }
