"""From a post in the scripted Telegram to the row in the database."""

import psycopg

from contracts.message import Key
from tests.soak.told import Book

_SEEN = """
select message_id, extract(epoch from first_seen_at) from tp_capital.messages where channel_id = %s
"""
_SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}


def latencies(dsn: str, book: Book) -> dict[str, dict[str, float]]:
    """Seconds, by who brought it: the user session, the bot, or either of both."""
    found: dict[str, list[float]] = {}
    with psycopg.connect(dsn) as connection:
        for channel, messages in book.channels.items():
            for number, at in connection.execute(_SEEN, [channel]):
                told = messages.get(Key(channel, number).message_id)
                if told is not None:
                    both = "either" if told.by_bot else "user"
                    way = both if told.by_user else "bot"
                    found.setdefault(way, []).append(float(at) - told.posted_at)
    return {way: _spread(sorted(seconds)) for way, seconds in sorted(found.items())}


def _spread(ordered: list[float]) -> dict[str, float]:
    last = len(ordered) - 1
    spread = {name: round(ordered[int(last * share)], 4) for name, share in _SHARES.items()}
    return spread | {"max": round(ordered[-1], 4)}
