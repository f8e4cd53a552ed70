"""What a text turned out to be: a signal, no signal, or a signal that cannot be read."""

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

Direction = Literal["buy", "sell"]


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A trade idea. Prices are exact, in the asset's own unit, with the scale they were written in.

    `buy_min` <= `buy_max` is the entry range of either direction; both are None at market.
    `targets` holds at most two numbered targets, `target_final` the last beyond them (or the one
    that the text calls final), `all_targets` every target in the order written. `valid_until` is
    a day as written: `14/11` or `20/11/2026`.
    """

    asset: str
    direction: Direction
    signal_type: str
    buy_min: Decimal | None
    buy_max: Decimal | None
    targets: tuple[Decimal, ...]
    target_final: Decimal | None
    stop: Decimal | None
    valid_until: str | None
    all_targets: tuple[Decimal, ...]


class NotASignal(msgspec.Struct, frozen=True):
    """Ordinary chat, news, a follow-up: a message that is stored as a message only."""


class Malformed(msgspec.Struct, frozen=True):
    """Looks like a signal and cannot be read; `reason` is one sentence for the operator."""

    reason: str


Reading: TypeAlias = Signal | NotASignal | Malformed
