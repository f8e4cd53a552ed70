"""Signals as they are shown: read, taken off the list and put back."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from types import NoneType
from typing import Any

import msgspec
from psycopg.rows import TupleRow

from ingest_api.database.statements import Statements
from ingest_api.request.clock import iso

MAX_LIMIT = 1000
_CENTS = 2
_PING_SECONDS = 2.0


class SignalRow(msgspec.Struct, frozen=True):
    """One signal; the first sixteen fields are the old API's, in its order.

    Prices are decimal strings with at least two decimals, never rounded. Times are ISO with Z.
    `cursor` as a parameter continues after this row.
    """

    id: int
    ts: int
    channel: str
    signal_type: str
    asset: str
    buy_min: str | None
    buy_max: str | None
    target_1: str | None
    target_2: str | None
    target_final: str | None
    stop: str | None
    raw_message: str
    source: str
    ingested_at: str
    created_at: str
    updated_at: str
    direction: str
    targets: list[str]
    revision: int
    edited_at: str | None
    valid_until: str | None
    status: str
    message_id: int
    channel_label: str | None
    cursor: str


class Cursor(msgspec.Struct, frozen=True):
    """The place after a row in the order of the list."""

    ts: int
    id: int


class SignalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals; None filters nothing. `since` and `until` are inclusive, in epoch ms."""

    limit: int = MAX_LIMIT
    channel: str | None = None
    signal_type: str | None = None
    asset: str | None = None
    search: str | None = None
    since: int | None = None
    until: int | None = None
    after: Cursor | None = None
    withdrawn: bool = False

    def parameters(self) -> dict[str, Any]:
        """Those of `select_signals`."""
        return {
            "limit": self.limit,
            "channel": self.channel,
            "type": self.signal_type,
            "asset": self.asset,
            "search": self.search,
            "from": self.since,
            "to": self.until,
            "before_ts": self.after and self.after.ts,
            "before_id": self.after and self.after.id,
            "withdrawn": self.withdrawn,
        }


class Catalog:
    """The list of signals. Each method raises DatabaseUnavailableError."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def signals(self, wanted: SignalFilter) -> list[SignalRow]:
        """Signals, newest first."""
        found = await self._statements.fetch("select_signals", wanted.parameters())
        return [signal_row(row) for row in found]

    async def stored_at(self, moment: datetime) -> list[int]:
        """Ids of the shown signals with this `ingested_at`; two stand for many.

        A time in whole milliseconds, as JavaScript keeps it, means any within that millisecond.
        """
        whole = moment.microsecond % 1000 == 0
        parameters = {"at": moment, "width": "1 millisecond" if whole else "1 microsecond"}
        return [row[0] for row in await self._statements.fetch("find_signals", parameters)]

    async def delete(self, signal_id: int) -> bool:
        """Take a signal off the list; whether there is one."""
        return bool(await self._statements.fetch("delete_signal", {"id": signal_id}))

    async def restore(self, signal_id: int) -> bool:
        """Put a signal back on the list; whether there is one."""
        return bool(await self._statements.fetch("restore_signal", {"id": signal_id}))

    async def delete_all(self) -> int:
        """Take every signal off the list, and tell how many."""
        total = 0
        while True:
            ((count,),) = await self._statements.fetch("delete_some_signals")
            if not count:
                return total
            total += count

    async def ping(self) -> bool:
        """Whether the database may be written; it answers within a second or two."""
        ((is_writable,),) = await self._statements.fetch("select_health", seconds=_PING_SECONDS)
        return bool(is_writable)


def signal_row(row: TupleRow) -> SignalRow:
    """A row of `select_signals`, or of a statement with its columns."""
    return SignalRow(*[_SHOWN[type(value)](value) for value in row])


def price(value: Decimal) -> str:
    """The whole number, with the two decimals that readers of prices expect, or more.

    >>> price(Decimal("1.5")), price(Decimal("0.445"))
    ('1.50', '0.445')
    """
    text = format(value, "f")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(_CENTS, '0')}"


def _prices(values: list[Decimal]) -> list[str]:
    return [price(value) for value in values]


def _stored(moment: datetime) -> str:
    return iso(moment, "microseconds")


def _same(value: object) -> object:
    return value


# By a look-up and not by questions: most of what a page of a hundred rows costs is here.
_SHOWN: dict[type, Callable[[Any], Any]] = {
    Decimal: price,
    datetime: _stored,
    list: _prices,
    **dict.fromkeys((int, str, NoneType), _same),
}
