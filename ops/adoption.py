"""The adoption of an old database: every row into the new schema, and an account of every row.

It may be killed anywhere and run again: a batch is one transaction with its entries in the account,
and rows that are accounted for are not looked at again. Memory holds one batch.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, get_args

import click
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from ingest_api.database import Connection
from ingest_api.migrate import migrate
from ingest_api.settings import Settings
from ops import adopt_places, adoption_account
from ops.adopted_messages import adopt_messages
from ops.adopted_registry import adopt_bots, adopt_channels
from ops.adopted_signals import adopt_signals
from ops.adoption_account import Entry, Fate
from ops.adoption_twins import settle_twins
from ops.old_row import Channels, Row
from ops.old_table import ADOPT, OldTable, count, survey

BATCH = 500
Progress = Callable[[str, int], None]  # an old table's name, and rows more that are done with


class Adopted(NamedTuple):
    """One old table after the adoption: its rows, and what became of them."""

    table: str
    rows: int
    account: list[dict[str, Any]]

    @property
    def accounted(self) -> int:
        """How many rows the account has."""
        return sum(self.fates().values())

    def fates(self) -> dict[str, int]:
        """How many rows went which way."""
        found = dict.fromkeys(get_args(Fate), 0)
        for entry in self.account:
            found[entry["fate"]] += entry["rows"]
        return found


class Report(NamedTuple):
    """What an adoption found; `twins` are adopted signals whose message came since the last run."""

    tables: list[Adopted]
    twins: int


class Adoption:
    """Takes the old database at `source` over into the schema that `target` names."""

    def __init__(
        self, source: Settings, target: Settings, channels: Channels, progress: Progress
    ) -> None:
        self._source = source
        self._target = target
        self._channels = channels
        self._progress = progress

    async def run(self, *, in_place: bool) -> Report:
        """Adopt all there is; with `in_place` the old tables are put out of the way first.

        Raises psycopg.Error, MigrationError, and click.ClickException while another adoption runs.
        """
        async with connected(self._target) as target, connected(self._source) as old:
            await _lock(target, self._target.timescaledb_schema)
            if in_place:
                await adopt_places.put_away(old, self._target.timescaledb_schema)
            await migrate(self._target)
            tables = await survey(old)
            for table in tables:
                await self._adopt(target, old, table)
            if in_place:
                await adopt_places.keep_names(old, tables, self._target.timescaledb_schema)
            twins = await settle_twins(target)
            account = await adoption_account.totals(target)
            found = [
                Adopted(t.label, await count(old, t), account.get(t.label, [])) for t in tables
            ]
            return Report(found, twins)

    async def _adopt(self, target: Connection, old: Connection, table: OldTable) -> None:
        async with (
            old.transaction(),
            old.cursor("old_rows", row_factory=dict_row) as cursor,
        ):
            await cursor.execute(table.reading())
            while rows := await cursor.fetchmany(BATCH):
                if fresh := await adoption_account.unknown(target, table, rows):
                    await self._take(target, table, fresh)
                self._progress(table.label, len(rows))

    async def _take(self, target: Connection, table: OldTable, rows: Sequence[Row]) -> None:
        """A batch in one transaction; in halves when the database refuses one of its rows."""
        try:
            async with target.transaction():
                entries = await self._entries(target, table, rows)
                await adoption_account.note(target, table, entries)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                reason = f"the database refuses it: {error.diag.message_primary}"
                entry = Entry(rows[0], "set_aside", reason)
                await adoption_account.note(target, table, [entry])
                return
        else:
            return
        middle = len(rows) // 2
        await self._take(target, table, rows[:middle])
        await self._take(target, table, rows[middle:])

    async def _entries(
        self, target: Connection, table: OldTable, rows: Sequence[Row]
    ) -> list[Entry]:
        if table.kind == "messages":
            return await adopt_messages(target, rows, self._channels)
        if table.kind == "signals":
            return await adopt_signals(target, rows, self._channels)
        if table.kind == "channels":
            return await adopt_channels(target, rows)
        return await adopt_bots(target, rows)


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Connection]:
    """A connection without time limits, on which a row as text is the same in every session."""
    connection = await AsyncConnection.connect(settings.conninfo(), autocommit=True)
    async with connection:
        # A plan made while the tables are empty would serve them badly when they are full.
        connection.prepare_threshold = None
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            await connection.execute(sql.SQL("set {} = 0").format(sql.Identifier(setting)))
        await connection.execute("set datestyle = 'ISO, YMD'")
        await connection.execute("set extra_float_digits = 1")
        yield connection


async def _lock(target: Connection, schema: str) -> None:
    row = await (await target.execute(ADOPT["lock_adoption"], {"schema": schema})).fetchone()
    if not row or not row[0]:
        raise click.ClickException(
            f"another adoption into schema {schema} is running; wait for its end"
        )
