"""The oracle's books: what was appended, and what must have become of it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain, combinations
from pathlib import Path
from typing import NamedTuple, Self

from contracts import wire
from contracts.message import Key, Message, text_digest
from tests.pipeline.reference import Arrival, Standing, standing

ROWS = """
SELECT seq, state, outcome, payload, channel_id, message_id, revision, text_sha256 FROM outbox
"""
IDENTITY = """
SELECT (SELECT value FROM counter WHERE name = 'appended')
     = (SELECT count(*) FROM outbox) + (SELECT value FROM counter WHERE name = 'purged')
"""


class Place(NamedTuple):
    """What the outbox tells two revisions apart by."""

    channel_id: int
    message_id: int
    revision: int
    text_sha256: bytes

    @classmethod
    def of(cls, message: Message) -> Self:
        """The place that an append of this message takes."""
        edited = message.edited_at
        revision = int(edited.timestamp() * 1000) if edited else 0
        if message.deleted_at:
            revision = -1
        return cls(message.channel_id, message.message_id, revision, text_digest(message.text))


class OutboxRow(NamedTuple):
    """One row of the outbox as any reader sees it."""

    seq: int
    state: str
    outcome: str | None
    payload: bytes
    place: Place


def read_rows(outbox: Path) -> list[OutboxRow]:
    """The outbox as it stands on disk. Raises AssertionError when its counters do not add up."""
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as reader:
        reader.execute("BEGIN")
        assert reader.execute(IDENTITY).fetchone() == (1,)
        rows = reader.execute(ROWS).fetchall()
        return [OutboxRow._make([*row[:4], Place._make(row[4:])]) for row in rows]


class Account:
    """By outbox number: the messages an append returned for, the rows given up, the rows purged.

    `refused` are the places of messages that the API will never take.
    """

    def __init__(self) -> None:
        self.acked: dict[int, Message] = {}
        self.given_up: set[int] = set()
        self.purged: set[int] = set()
        self.refused: set[Place] = set()

    def check_kept(self, rows: Sequence[OutboxRow]) -> None:
        """At any moment: every acked row is there byte for byte, unless it was purged."""
        kept = {row.seq: row.payload for row in rows}
        assert kept == {
            seq: wire.encode(message)
            for seq, message in self.acked.items()
            if seq not in self.purged
        }

    def check_settled(self, rows: Sequence[OutboxRow]) -> None:
        """With nothing on its way: each row is where it belongs."""
        for row in rows:
            refused = row.place in self.refused
            due = "dead_letter" if refused else "delivered"
            assert row.state == ("discarded" if row.seq in self.given_up else due), row

    def check_stored(self, found: Mapping[Key, Standing]) -> None:
        """The database holds what was delivered and nothing else."""
        sure: dict[Key, list[Arrival]] = {}
        unsure: dict[Key, list[Arrival]] = {}
        for seq, message in self.acked.items():
            if Place.of(message) not in self.refused:
                # A row given up may have been stored before: its answer can have been lost.
                side = unsure if seq in self.given_up else sure
                side.setdefault(message.key, []).append(Arrival(seq, message))
        assert set(found) <= set(sure) | set(unsure)
        for key in set(sure) | set(unsure):
            foretold = [
                standing([*sure.get(key, []), *some]) for some in _subsets(unsure.get(key, []))
            ]
            assert found.get(key) in foretold, f"{found.get(key)}\nis none of {foretold}"


def _subsets(arrivals: Sequence[Arrival]) -> Iterator[tuple[Arrival, ...]]:
    sizes = range(len(arrivals) + 1)
    return chain.from_iterable(combinations(arrivals, size) for size in sizes)
