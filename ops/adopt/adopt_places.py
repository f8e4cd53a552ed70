"""Where the old tables are: out of the way while the new ones take their names, and views after."""

from collections.abc import Sequence

from psycopg import sql

from ingest_api.database.database import Connection
from ops.adopt.old_table import ADOPT, OLD_NAMES, OLD_SUFFIX, OldTable, survey


async def put_away(connection: Connection, schema: str) -> None:
    """Move each old table `x.name` to `x_old.name`, all in one transaction.

    A table of a name that nobody else needs (`forwarded_messages.messages`) stays. On the Community
    edition the old retention ends here: it would drop rows that are not adopted yet.
    """
    async with connection.transaction():
        for table in await survey(connection):
            if table.schema.endswith(OLD_SUFFIX):
                continue
            await _end_retention(connection, table)
            if table.name in OLD_NAMES or table.schema == schema:
                await _move(connection, table)


async def _move(connection: Connection, table: OldTable) -> None:
    place = sql.Identifier(table.schema + OLD_SUFFIX)
    await connection.execute(sql.SQL("create schema if not exists {}").format(place))
    statement = sql.SQL(ADOPT["set_schema"]).format(table=table.place, schema=place)
    await connection.execute(statement)


async def _end_retention(connection: Connection, table: OldTable) -> None:
    """Only TimescaleDB's Community edition has any."""
    cursor = await connection.execute(ADOPT["select_is_community"])
    row = await cursor.fetchone()
    if row and row[0]:
        name = table.place.as_string(connection)
        await connection.execute(ADOPT["end_retention"], {"table": name})


async def keep_names(connection: Connection, tables: Sequence[OldTable], schema: str) -> None:
    """Where the old tables were in another schema, put views of the new ones in their places."""
    for table in tables:
        if table.name not in OLD_NAMES or table.home in (schema, table.schema):
            continue
        name = "view_signals" if table.kind == "signals" else "view_table"
        view = sql.SQL(ADOPT[name]).format(
            view=sql.Identifier(table.home, table.name), table=sql.Identifier(schema, table.name)
        )
        await connection.execute(view)
