"""Databases of the old system, built from its shapes with all of its known defects.

The texts and the numbers are ours. `SIGNALS` and `MESSAGES` say what each kind of row is for, how
many there are, and what has to become of it; both sum up to 10,000.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

from tests.ops.old_shapes import COMPOSE, HYPERTABLES, OLDEST, WORKING

CHANNEL: Final = "-1001234567890"
START: Final = datetime(2025, 10, 1, 12, 0, tzinfo=UTC)
ROWS: Final = 10_000
AS_IT_WAS: Final = "as it was"
UNKNOWN: Final = "; its message is not known"
Values = dict[str, Any]

# kind: rows, fate, reason in the account
SIGNALS: Final = {
    "own": (2000, "kept", AS_IT_WAS),
    "rounded": (500, "kept", "its rounded prices became those of its text"),
    "zone": (300, "kept", AS_IT_WAS),
    "misread": (200, "kept", "read anew from its text"),
    "again": (1000, "merged", "a duplicate of a signal"),
    "orphan": (3000, "kept", AS_IT_WAS + UNKNOWN),
    "orphan_again": (500, "merged", "a duplicate of a signal"),
    "checkpoint": (100, "set_aside", "a checkpoint of the old back-fill, no signal"),
    "sample": (4, "set_aside", "a sample row of the old program, no signal"),
    "rubbish": (300, "set_aside", "its text is no signal"),
    "textless": (50, "kept", "its text was empty: written anew" + UNKNOWN),
    "empty": (46, "set_aside", "no text, and no whole signal"),
    "null_prices": (1900, "kept", AS_IT_WAS + UNKNOWN),
    "two_fit": (100, "kept", AS_IT_WAS + UNKNOWN),
}
MESSAGES: Final = {
    "signal": (3000, "kept", AS_IT_WAS),
    "pair": (200, "kept", AS_IT_WAS),
    "chatter": (6650, "kept", AS_IT_WAS),
    "photo": (40, "kept", AS_IT_WAS),
    "again": (50, "merged", "a duplicate of a message"),
    "edited": (30, "kept", "another text of a message"),
    "nameless": (10, "set_aside", "its channel is no chat id; say which with --channel"),
    "numberless": (10, "set_aside", "the contract refuses it at $.messageId"),
    "torn_photos": (10, "kept", "its photos could not be read"),
}
SIGNAL_COLUMNS: Final = (
    *("channel", "signal_type", "asset", "buy_min", "buy_max", "target_1", "target_2"),
    *("target_final", "stop", "raw_message", "source", "ingested_at", "ts", "created_at"),
)
MESSAGE_COLUMNS: Final = (
    *("channel_id", "message_id", "message_text", "original_timestamp", "photos", "received_at"),
)


class Trade(NamedTuple):
    """A trade by its number: its text and the prices in it. Each number has other prices."""

    number: int
    fine: bool = False  # prices in tenths of a cent

    @property
    def asset(self) -> str:
        """One of some options."""
        return f"{('PETR', 'VALE', 'BBDC', 'ITUB')[self.number % 4]}W{100 + self.number % 800}"

    @property
    def prices(self) -> list[Decimal]:
        """Entry from and to, three targets, stop."""
        base = Decimal(100 + self.number) / 100 + (Decimal("0.005") if self.fine else 0)
        steps = ("0", "0.04", "0.5", "1", "2.5", "-0.3")
        return [base + Decimal(step) for step in steps]

    def text(self, *, short: bool = False) -> str:
        """The house format; `short` without second and last target."""
        low, high, one, two, final, stop = (f"{price:f}".replace(".", ",") for price in self.prices)
        more = "" if short else f"Alvo 2: {two}\nAlvo final: {final}\n"
        return (
            f"🟢Swing Trade\n\nAtivo: {self.asset}\nCompra: {low} a {high}\n"
            f"Alvo 1: {one}\n{more}\nStop: {stop}"
        )

    def columns(self) -> Values:
        """The old row's values, two decimals once they are in the table."""
        names = ("buy_min", "buy_max", "target_1", "target_2", "target_final", "stop")
        return {
            "channel": CHANNEL,
            "signal_type": "Swing Trade",
            "asset": self.asset,
            **dict(zip(names, self.prices, strict=True)),
            "raw_message": self.text(),
            "source": "telegram",
        }


def sent(number: int) -> datetime:
    """When message `number` was sent."""
    return START + timedelta(minutes=number)


def message_rows() -> Iterator[Values]:
    """The rows of forwarded_messages."""
    number = 0
    for kind, (count, _fate, _reason) in MESSAGES.items():
        for place in range(count):
            number += 1
            yield _message(kind, number, place)


def _message(kind: str, number: int, place: int) -> Values:
    row: Values = {
        "channel_id": CHANNEL,
        "message_id": number,
        "message_text": f"Bom dia, mesa {number}" if number % 5 else None,
        "original_timestamp": sent(number),
        "photos": "[]",
        "received_at": sent(number) + timedelta(seconds=2),
    }
    if kind == "signal":
        row["message_text"] = Trade(number, fine=2000 < number <= 2500).text()
    elif kind == "pair":
        row |= {"original_timestamp": sent(3001 + place // 2), "message_text": _pair(place // 2)}
    elif kind == "photo":
        row |= {"photos": '["AgAC-1"]', "message_text": None}
    elif kind in ("again", "edited"):
        row |= {"message_id": place + 1, "message_text": Trade(place + 1).text()}
        row["message_text"] += "\n(corrigido)" if kind == "edited" else ""
    elif kind == "nameless":
        row["channel_id"] = "Mesa"
    elif kind == "numberless":
        row["message_id"] = 0
    elif kind == "torn_photos":
        row["photos"] = '["AgAC-1"'
    return row


def _pair(place: int) -> str:
    return Trade(20_000 + place).text()


def signal_rows() -> Iterator[Values]:
    """The rows of tp_capital_signals, in the order in which the old system wrote them."""
    number = 0
    for kind, (count, _fate, _reason) in SIGNALS.items():
        for place in range(count):
            number += 1
            row = _signal(kind, place)
            at = row["sent"] + timedelta(hours=5, seconds=number)
            # Two rows of one old transaction have the same time.
            stamp = at - timedelta(seconds=number % 2)
            row |= {"ingested_at": stamp, "created_at": at, "updated_at": at}
            yield row


def _signal(kind: str, place: int) -> Values:
    first = {"own": 1, "rounded": 2001, "zone": 2501, "misread": 2801, "again": 1}.get(kind)
    if first is not None:
        number = first + place
        row = Trade(number, fine=kind == "rounded").columns() | {"sent": sent(number)}
        if kind == "zone":
            row["sent"] += timedelta(hours=3)
        elif kind == "misread":
            row["buy_min"] = 125
        return row
    start = {"null_prices": 40_000, "textless": 50_000, "two_fit": 20_000}.get(kind, 30_000)
    trade = Trade(start + place)
    row = trade.columns() | {"sent": sent(start + place)}
    if kind == "two_fit":
        row["sent"] = sent(3001 + place)
    return row | _defect(kind, place, trade)


def _defect(kind: str, place: int, trade: Trade) -> Values:
    """What is wrong with a row of that kind."""
    row: Values = {}
    if kind == "null_prices":
        row = {"raw_message": trade.text(short=True), "target_2": None, "target_final": None}
    elif kind == "checkpoint":
        row = {"asset": "__checkpoint__", "channel": "system", "raw_message": "completed"}
    elif kind == "sample":
        row["source"] = "sample"
    elif kind == "rubbish":
        row = {"asset": "VAMOS", "raw_message": f"Vamos! {place}"} | _no_prices()
    elif kind == "textless":
        row["raw_message"] = ""
    elif kind == "empty":
        row = {"raw_message": " "} | _no_prices()
    return row


def _no_prices() -> Values:
    names = ("buy_min", "buy_max", "target_1", "target_2", "target_final", "stop")
    return dict.fromkeys(names)


def build(dsn: str, shape: str) -> None:
    """Make the tables of that shape and fill them."""
    with psycopg.connect(dsn) as connection:
        connection.execute(shape.encode())
        installed = connection.execute(
            "select from pg_available_extensions where name = 'timescaledb'"
        ).fetchone()
        if installed is not None:
            connection.execute("create extension timescaledb")
            for table, column in HYPERTABLES[shape]:
                connection.execute("select create_hypertable(%s, %s)", (table, column))
        for place, rows in _filling(shape).items():
            _fill(connection, place, rows)


def _filling(shape: str) -> dict[tuple[str, str], list[Values]]:
    messages, signals = list(message_rows()), list(signal_rows())
    assert (len(messages), len(signals)) == (ROWS, ROWS)
    for row in signals:
        at = row.pop("sent")
        row["ts"] = at if shape == OLDEST else int(at.timestamp() * 1000)
    if shape == WORKING:
        return {
            ("signals", "tp_capital_signals"): signals,
            ("signals", "forwarded_messages"): messages,
        }
    if shape == COMPOSE:
        return {
            ("signals", "tp_capital_signals"): signals,
            ("forwarded_messages", "messages"): list(map(_composed, messages)),
        }
    return {
        ("tp_capital", "tp_capital_signals"): signals,
        ("tp_capital", "forwarded_messages"): list(map(_oldest, messages)),
    }


def _composed(row: Values) -> Values:
    return {
        "channel_id": row["channel_id"],
        "message_id": row["message_id"],
        "text": row["message_text"],
        "photo_id": "AgAC-1" if row["photos"] != "[]" else None,
        "original_timestamp": row["original_timestamp"],
        "forwarded_at": row["received_at"],
    }


def _oldest(row: Values) -> Values:
    return {
        "source_channel_id": row["channel_id"],
        "message_id": row["message_id"],
        "message_text": row["message_text"],
        "image_url": "/telegram-images/1.jpg" if row["photos"] != "[]" else None,
        "ts": row["original_timestamp"],
        "forwarded_at": row["received_at"],
    }


def _fill(connection: psycopg.Connection[Any], table: tuple[str, str], rows: list[Values]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    copy = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(*table), names)
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        for row in rows:
            stream.write_row(list(row.values()))


def expected(kinds: dict[str, tuple[int, str, str]]) -> dict[tuple[str, str], int]:
    """The account of a table: how many rows by fate and reason."""
    found: dict[tuple[str, str], int] = {}
    for count, fate, reason in kinds.values():
        found[fate, reason] = found.get((fate, reason), 0) + count
    return found
