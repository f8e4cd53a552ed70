"""Old signals into the new table: each finds its message, or gets one of its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from contracts.message import Key
from ingest_api.database import Connection
from ingest_api.delivery import Delivery
from ops.adopted_messages import record
from ops.adoption_account import Entry, read_rows
from ops.old_row import Channels, OldSignal, Row, signal_of
from ops.old_table import ADOPT

UNKNOWN = "; its message is not known"
_MICROSECOND = timedelta(microseconds=1)


async def adopt_signals(
    connection: Connection, rows: Sequence[Row], channels: Channels
) -> list[Entry]:
    """Take signals over, in the caller's transaction. Raises psycopg.Error.

    Of several old rows about one message the first stays; the others are its duplicates.
    """
    taken, entries = read_rows(rows, lambda row: signal_of(row, channels))
    keys = await message_keys(
        connection,
        [
            (signal.message.key, signal.message.sent_at, signal.text_sha256)
            for _row, signal in taken
        ],
    )
    there = await _adopted(connection, keys)
    firsts: dict[Key, OldSignal] = {}
    for (row, signal), key in zip(taken, keys, strict=True):
        if key in there or key in firsts:
            entries.append(Entry(row, "merged", "a duplicate of a signal", key))
        else:
            firsts[key] = signal
            entries.append(Entry(row, "kept", _reason(signal, key), key))
    await _store(connection, firsts)
    return entries


def _reason(signal: OldSignal, key: Key) -> str:
    """How it was taken over; one whose message is not known says so."""
    return signal.reason + UNKNOWN if key.message_id < 0 else signal.reason


async def message_keys(
    connection: Connection, signals: Sequence[tuple[Key, datetime, bytes]]
) -> list[Key]:
    """The message of each signal (made-up key, send time, digest of the text).

    That is the only one that it may be of, else the made-up one. Raises psycopg.Error.
    """
    asked = [
        {
            "place": place,
            "channel_id": made_up.channel_id,
            "sent_at": sent_at.isoformat(),
            "text_sha256": "\\x" + text_sha256.hex(),
        }
        for place, (made_up, sent_at, text_sha256) in enumerate(signals)
    ]
    found: dict[int, dict[bool, set[Key]]] = {}
    cursor = await connection.execute(ADOPT["find_messages"], {"rows": Jsonb(asked)})
    for place, channel_id, message_id, hours in await cursor.fetchall():
        fits = found.setdefault(place, {True: set(), False: set()})
        fits[hours == 0].add(Key(channel_id, message_id))
    return [_only(found.get(place), made_up) for place, (made_up, *_) in enumerate(signals)]


def _only(fits: dict[bool, set[Key]] | None, made_up: Key) -> Key:
    """The one message of the same second, else the one three hours off; never one of two."""
    if fits is None:
        return made_up
    nearest = fits[True] or fits[False]
    return next(iter(nearest)) if len(nearest) == 1 else made_up


async def _adopted(connection: Connection, keys: Iterable[Key]) -> set[Key]:
    asked = Jsonb([key._asdict() for key in keys])
    cursor = await connection.execute(ADOPT["select_adopted_signals"], {"keys": asked})
    return {Key(*row) for row in await cursor.fetchall()}


async def _store(connection: Connection, signals: dict[Key, OldSignal]) -> None:
    """Record the messages made up, and tell of all signals when the old system had them."""
    if not signals:
        return
    new = [(key, signal) for key, signal in signals.items() if key == signal.message.key]
    await record(connection, [Delivery.of(signal.message) for _key, signal in new])
    seen = [{**key._asdict(), "seen_at": each.ingested_at.isoformat()} for key, each in new]
    await connection.execute(ADOPT["adopt_message_times"], {"rows": Jsonb(seen)})
    times = await free_times(connection, [signal.ingested_at for signal in signals.values()])
    rows = [
        {
            **key._asdict(),
            "ingested_at": ingested_at.isoformat(),
            "created_at": signal.created_at.isoformat(),
            "source": signal.source,
        }
        for (key, signal), ingested_at in zip(signals.items(), times, strict=True)
    ]
    await connection.execute(ADOPT["adopt_signal_times"], {"rows": Jsonb(rows)})


async def free_times(connection: Connection, wanted: list[datetime]) -> list[datetime]:
    """The times, moved on by microseconds where two would be equal: rows are told apart by them."""
    cursor = await connection.execute(ADOPT["select_taken_times"], {"times": wanted})
    taken: set[Any] = {row[0] for row in await cursor.fetchall()}
    free = []
    for at in wanted:
        found = at
        while found in taken:
            found += _MICROSECOND
        taken.add(found)
        free.append(found)
    return free
