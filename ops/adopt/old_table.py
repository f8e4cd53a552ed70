"""The tables that the old system left in a database, wherever and in whichever shape it did."""

from typing import Final, Literal, NamedTuple

from psycopg import sql
from psycopg.rows import DictRow, dict_row

from contracts.queries import load
from ingest_api.database.database import Connection

ADOPT: Final = load("ops.adopt", "adopt.sql")
OLD_SUFFIX: Final = "_old"
Kind = Literal["messages", "signals", "channels", "bots"]

# In the order of adoption: signals look for their messages, which must be there by then.
KINDS: Final[dict[Kind, tuple[str, ...]]] = {
    "channels": ("telegram_channels",),
    "bots": ("telegram_bots",),
    "messages": ("forwarded_messages", "messages"),
    "signals": ("tp_capital_signals",),
}
OLD_NAMES: Final = (
    *("telegram_channels", "telegram_bots", "forwarded_messages", "tp_capital_signals"),
)
# The oldest row first; of equal times, the row that was written first.
_ORDER: Final = ("original_timestamp", "ts", "forwarded_at", "created_at", "ingested_at", "id")


class OldTable(NamedTuple):
    """One table; `home` is the schema that the old system looked in, `schema` where it is now."""

    kind: Kind
    home: str
    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name that it had."""
        return f"{self.home}.{self.name}"

    @property
    def place(self) -> sql.Identifier:
        """Where it is, for a statement."""
        return sql.Identifier(self.schema, self.name)

    def reading(self) -> sql.Composed:
        """The statement that reads it whole, in order, all columns as text."""
        column = sql.SQL("t.{0}::text as {0}")
        order = [name for name in _ORDER if name in self.columns]
        return sql.SQL(ADOPT["read_rows"]).format(
            columns=sql.SQL(", ").join(column.format(sql.Identifier(n)) for n in self.columns),
            table=self.place,
            order=sql.SQL(", ").join([*map(sql.Identifier, order), sql.SQL('"_row_key"')]),
        )


async def survey(connection: Connection) -> list[OldTable]:
    """The old tables of a database, in the order in which they are adopted."""
    cursor = connection.cursor(row_factory=dict_row)
    rows = await (await cursor.execute(ADOPT["select_old_tables"])).fetchall()
    found = [_table(row) for row in rows]
    order = list(KINDS)
    return sorted(found, key=lambda table: (order.index(table.kind), table.label))


async def count(connection: Connection, table: OldTable) -> int:
    """The rows of an old table."""
    statement = sql.SQL(ADOPT["count_old_rows"]).format(table=table.place)
    row = await (await connection.execute(statement)).fetchone()
    return int(row[0]) if row else 0


def _table(row: DictRow) -> OldTable:
    kind = next(kind for kind, names in KINDS.items() if row["name"] in names)
    home = row["schema"].removesuffix(OLD_SUFFIX)
    return OldTable(kind, home, row["schema"], row["name"], tuple(row["columns"]))
