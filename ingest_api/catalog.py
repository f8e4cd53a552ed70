"""Reading: what the Dashboard asks for, in the shape it knows."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import anyio
import msgspec
import psycopg
from psycopg.rows import TupleRow

from ingest_api.database import Pool, is_broken
from ingest_api.errors import DatabaseUnavailableError
from ingest_api.sql import QUERIES

_CENTS = 2
_READ_SECONDS = 8.0
_PING_SECONDS = 2.0


class SignalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One signal; the first sixteen fields are the old API's, in its order.

    Prices are decimal strings with at least two decimals, never rounded. Times are ISO with Z.
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


class SignalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals; None filters nothing. `since` and `until` are inclusive, in epoch ms."""

    limit: int = 100
    channel: str | None = None
    signal_type: str | None = None
    search: str | None = None
    since: int | None = None
    until: int | None = None


class Catalog:
    """The read side of the database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def signals(self, wanted: SignalFilter) -> list[SignalRow]:
        """Active signals, newest first. Raises DatabaseUnavailableError."""
        parameters = {
            "limit": wanted.limit,
            "channel": wanted.channel,
            "type": wanted.signal_type,
            "search": wanted.search and _pattern(wanted.search),
            "from": wanted.since,
            "to": wanted.until,
        }
        rows = await self._fetch("select_signals", parameters, _READ_SECONDS)
        return [_signal(row) for row in rows]

    async def ping(self) -> None:
        """Raise DatabaseUnavailableError unless the database answers within a second or two."""
        await self._fetch("select_health", {}, _PING_SECONDS)

    async def _fetch(self, name: str, parameters: dict[str, Any], seconds: float) -> list[TupleRow]:
        try:
            with anyio.fail_after(seconds):
                while True:
                    try:
                        return await self._fetch_once(name, parameters)
                    except psycopg.OperationalError as error:
                        if not is_broken(error):
                            raise
        except psycopg.OperationalError as error:
            raise DatabaseUnavailableError(f"the database is away: {error}") from error
        except TimeoutError as error:
            raise DatabaseUnavailableError(
                f"the database did not answer within {seconds:.0f} s"
            ) from error

    async def _fetch_once(self, name: str, parameters: dict[str, Any]) -> list[TupleRow]:
        async with self._pool.connection() as connection:
            # Planned anew for the filters that are given; one plan for all would scan.
            cursor = await connection.execute(QUERIES[name], parameters, prepare=False)
            return await cursor.fetchall()


def _pattern(text: str) -> str:
    """The text anywhere, with LIKE's own characters meaning themselves."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _signal(row: TupleRow) -> SignalRow:
    return SignalRow(**dict(zip(SignalRow.__struct_fields__, map(_shown, row), strict=True)))


def _shown(value: Any) -> Any:
    if isinstance(value, Decimal):
        return price(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, list):
        return [price(number) for number in value]
    return value


def price(value: Decimal) -> str:
    """The whole number, with the two decimals that readers of prices expect, or more.

    >>> price(Decimal("1.5")), price(Decimal("0.445"))
    ('1.50', '0.445')
    """
    text = format(value, "f")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(_CENTS, '0')}"
