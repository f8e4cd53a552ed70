"""The store's transactions: which statements a set of deliveries needs, and their outcomes.

The statements themselves, and why they are safe side by side, are in sql/queries.sql.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import orjson
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from contracts.message import LATEST, Key
from contracts.wire import Outcome
from ingest_api.database.database import Connection
from ingest_api.ingest.delivery import Delivery, Row
from ingest_api.sql import QUERIES


class Recorded(NamedTuple):
    """What became of one delivery; `stored` when it added a message or a text not seen yet."""

    outcome: Outcome
    stored: bool
    revision: int


class Write(NamedTuple):
    """The deliveries' outcomes in their order, and the types of the signals that were written."""

    recorded: Sequence[Recorded | None]
    signal_types: list[str]


_CREATED = Recorded("created", stored=True, revision=1)


class _Standing(NamedTuple):
    """Where a message stands after the transaction's writes to the ledger."""

    revision: int
    text_sha256: bytes
    kind: str


class _Ledger(NamedTuple):
    """What `record_messages` wrote: outcome by message, and the texts added."""

    outcomes: dict[Key, Outcome]
    texts: set[tuple[Key, bytes]]


async def record_new(connection: Connection, deliveries: list[Delivery]) -> Write:
    """Record those whose messages are not known; None for the others, which are left alone.

    Of several deliveries of a new message the first is recorded: messages are then stored in the
    order of their arrival, also those that are edited in the same batch.
    One statement, committed when it returns. Raises psycopg.Error, with nothing written.
    """
    firsts: dict[Key, Delivery] = {}
    for delivery in deliveries:
        firsts.setdefault(delivery.key, delivery)
    rows = [delivery.row for delivery in firsts.values()]
    created = {Key(*row) for row in await _fetch(connection, "record_new_messages", rows=rows)}
    return Write(
        [_CREATED if d.key in created and firsts[d.key] is d else None for d in deliveries],
        [s.signal_type for key in created if (s := firsts[key].signal)],
    )


async def record_known(connection: Connection, deliveries: list[Delivery]) -> Write:
    """Record deliveries of messages that may be known, in one transaction.

    Raises psycopg.Error, with nothing written.
    """
    newest = _newest(deliveries)
    async with connection.transaction():
        ledger = await _record_messages(connection, deliveries, newest)
        standings = await _count_revisions(connection, ledger, newest)
        signals = _signals_due(deliveries, ledger, standings)
        types = await record_signals(connection, [delivery.row for delivery in signals])
        await _withdraw_signals(connection, ledger, newest)
    return Write(_outcomes(deliveries, newest, ledger, standings), types)


async def record_deletions(connection: Connection, deliveries: list[Delivery]) -> Write:
    """Record tombstones, known or not, and withdraw the signals of what they delete.

    Raises psycopg.Error, with nothing written.
    """
    earliest: dict[Key, Row] = {}
    for delivery in sorted(deliveries, key=lambda each: each.message.deleted_at or LATEST):
        earliest.setdefault(delivery.key, delivery.row)
    rows = list(earliest.values())
    async with connection.transaction():
        fresh = {Key(*row) for row in await _fetch(connection, "record_deletions", rows=rows)}
        standing = await _fetch(connection, "advance_deletions", rows=rows)
        await settle_signals(connection, fresh)
    texts = {Key(*row[:2]): row[2] for row in standing}
    return Write([_deleted(delivery.key, fresh, texts) for delivery in deliveries], [])


def _deleted(key: Key, fresh: set[Key], texts: dict[Key, int]) -> Recorded:
    """The first of a message's tombstones updates it, the others find nothing to do."""
    outcome: Outcome = "updated" if key in fresh else "unchanged"
    fresh.discard(key)
    return Recorded(outcome, stored=outcome == "updated", revision=texts[key])


def _newest(deliveries: Iterable[Delivery]) -> dict[Key, Delivery]:
    """Of each message the newest delivery; of equal ones the first."""
    newest: dict[Key, Delivery] = {}
    for delivery in deliveries:
        known = newest.get(delivery.key)
        if known is None or delivery.version > known.version:
            newest[delivery.key] = delivery
    return newest


def _first_of_text(deliveries: Iterable[Delivery]) -> dict[tuple[Key, bytes], Delivery]:
    """Of each message's each text the oldest delivery."""
    first: dict[tuple[Key, bytes], Delivery] = {}
    for delivery in deliveries:
        place = (delivery.key, delivery.version.text_sha256)
        known = first.get(place)
        if known is None or _age(delivery) < _age(known):
            first[place] = delivery
    return first


def _age(delivery: Delivery) -> tuple[object, ...]:
    return (*delivery.version[:2], delivery.message.text)


async def _record_messages(
    connection: Connection, deliveries: list[Delivery], newest: dict[Key, Delivery]
) -> _Ledger:
    written = await _fetch(connection, "record_messages", rows=_rows(deliveries, newest))
    outcomes: dict[Key, Outcome] = {}
    texts: set[tuple[Key, bytes]] = set()
    for channel_id, message_id, created, changed, digest in written:
        key = Key(channel_id, message_id)
        if created is None:
            texts.add((key, digest))
        else:
            outcomes[key] = "created" if created else "updated" if changed else "unchanged"
    return _Ledger(outcomes, texts)


def _rows(deliveries: list[Delivery], newest: dict[Key, Delivery]) -> list[Row]:
    """One row for each message and for each text: a statement may touch each only once."""
    firsts = _first_of_text(deliveries)
    texts = {id(delivery) for delivery in firsts.values()}
    rows = [
        {**delivery.row, "is_newest": True, "is_text": id(delivery) in texts}
        for delivery in newest.values()
    ]
    return rows + [
        {**delivery.row, "is_newest": False, "is_text": True}
        for (key, _digest), delivery in firsts.items()
        if newest[key] is not delivery
    ]


async def _count_revisions(
    connection: Connection, ledger: _Ledger, newest: dict[Key, Delivery]
) -> dict[Key, _Standing]:
    """The standing of each message. A new message with one text needs no question."""
    added: dict[Key, int] = {}
    for key, _digest in ledger.texts:
        added[key] = added.get(key, 0) + 1
    standings: dict[Key, _Standing] = {}
    asked = []
    for key, delivery in newest.items():
        if ledger.outcomes.get(key) == "created" and added.get(key) == 1:
            standings[key] = _Standing(1, delivery.version.text_sha256, delivery.kind)
        else:
            asked.append(key._asdict())
    if asked:
        for row in await _fetch(connection, "count_revisions", keys=asked):
            standings[Key(row[0], row[1])] = _Standing(*row[2:])
    return standings


def _signals_due(
    deliveries: list[Delivery], ledger: _Ledger, standings: dict[Key, _Standing]
) -> list[Delivery]:
    """The newest signal of each message that may be newer than the one in the table.

    Where the ledger was left alone and holds a signal, the table holds that one already.
    """
    signals = _newest(delivery for delivery in deliveries if delivery.signal)
    return [
        delivery
        for key, delivery in signals.items()
        if key in ledger.outcomes or standings[key].kind != "signal"
    ]


async def record_signals(connection: Connection, rows: list[Row]) -> list[str]:
    """Write signals of messages that are locked; the types of those that were news."""
    if not rows:
        return []
    return [row[0] for row in await _fetch(connection, "record_signals", rows=rows)]


async def _withdraw_signals(
    connection: Connection, ledger: _Ledger, newest: dict[Key, Delivery]
) -> None:
    await settle_signals(
        connection,
        {
            key
            for key, outcome in ledger.outcomes.items()
            if outcome == "updated" and newest[key].kind != "signal"
        },
    )


async def settle_signals(connection: Connection, keys: Collection[Key]) -> None:
    """Show or withdraw the signals of these messages, as the ledger now asks; they are locked."""
    if keys:
        rows = [key._asdict() for key in keys]
        await connection.execute(QUERIES["settle_signals"], {"keys": as_json(rows)}, prepare=True)


async def _fetch(connection: Connection, name: str, **parameters: list[Row]) -> list[TupleRow]:
    arrays = {key: as_json(rows) for key, rows in parameters.items()}
    cursor = connection.cursor(binary=True)
    return await (await cursor.execute(QUERIES[name], arrays, prepare=True)).fetchall()


def as_json(rows: list[Row]) -> Jsonb:
    """Rows as the one parameter of a statement."""
    return Jsonb(rows, dumps=orjson.dumps)


def _outcomes(
    deliveries: list[Delivery],
    newest: dict[Key, Delivery],
    ledger: _Ledger,
    standings: dict[Key, _Standing],
) -> list[Recorded]:
    outcomes, texts = dict(ledger.outcomes), set(ledger.texts)
    recorded = []
    for delivery in deliveries:
        key, digest = delivery.key, delivery.version.text_sha256
        standing = standings[key]
        outcome: Outcome = "unchanged" if digest == standing.text_sha256 else "stale"
        if newest[key] is delivery:
            outcome = outcomes.pop(key, outcome)
        stored = (key, digest) in texts
        texts.discard((key, digest))
        recorded.append(Recorded(outcome, stored, standing.revision))
    return recorded
