"""What the database has to hold after a set of deliveries: the store's rules in pure Python."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from contracts.message import Message, text_digest
from ingest_api.parser.signal import Signal
from ingest_api.parser.signal_parser import parse


class Arrival(NamedTuple):
    """One delivery: the outbox row's number and its message."""

    seq: int
    message: Message

    @property
    def version(self) -> tuple[datetime, int]:
        """The greatest is the message's present."""
        return self.message.version_at, self.seq


class SignalShown(NamedTuple):
    """A row of tp_capital_signals."""

    status: str
    revision: int
    raw_message: str
    asset: str
    direction: str
    signal_type: str
    buy_min: Decimal | None
    buy_max: Decimal | None
    target_1: Decimal | None
    target_2: Decimal | None
    target_final: Decimal | None
    stop: Decimal | None
    targets: tuple[Decimal, ...]
    valid_until: str | None


class Standing(NamedTuple):
    """A message's row in the ledger, all its texts, and its signal; revision 0: only deleted."""

    text: str
    edited_at: datetime | None
    revision: int
    texts: frozenset[str]
    signal: SignalShown | None
    deleted_at: datetime | None


def standing(arrivals: Iterable[Arrival]) -> Standing | None:
    """Where a message stands after these arrivals, in any order and any number of repetitions.

    None when there are none.
    """
    everything = list(arrivals)
    deletions = [a.message.deleted_at for a in everything if a.message.deleted_at]
    deleted_at = min(deletions, default=None)
    ordered = sorted(
        (arrival for arrival in everything if not arrival.message.deleted_at),
        key=lambda arrival: arrival.version,
    )
    if not ordered:
        return Standing("", None, 0, frozenset(), None, deleted_at) if deleted_at else None
    first_texts: dict[bytes, str] = {}
    for arrival in ordered:
        first_texts.setdefault(text_digest(arrival.message.text), arrival.message.text)
    newest = ordered[-1].message
    return Standing(
        text=newest.text,
        edited_at=newest.edited_at,
        revision=len(first_texts),
        texts=frozenset(first_texts.values()),
        signal=_signal(
            [a.message.text for a in ordered], len(first_texts), is_deleted=bool(deletions)
        ),
        deleted_at=deleted_at,
    )


def _signal(texts: list[str], revision: int, *, is_deleted: bool) -> SignalShown | None:
    """The newest text that is a signal, active while no later text or deletion came."""
    for place, text in enumerate(reversed(texts)):
        found = parse(text)
        if isinstance(found, Signal):
            numbered = [*found.targets, None, None]
            return SignalShown(
                status="withdrawn" if place or is_deleted else "active",
                revision=revision,
                raw_message=text,
                asset=found.asset,
                direction=found.direction,
                signal_type=found.signal_type,
                buy_min=found.buy_min,
                buy_max=found.buy_max,
                target_1=numbered[0],
                target_2=numbered[1],
                target_final=found.target_final,
                stop=found.stop,
                targets=found.all_targets,
                valid_until=found.valid_until,
            )
    return None
