"""The end of the old tables: only when every row of theirs is accounted for."""

import click
from psycopg import sql

from ingest_api.settings import Settings
from ops.adopt import adoption_account
from ops.adopt.adoption import connected
from ops.adopt.old_table import ADOPT, OldTable, count, survey


async def drop_old(source: Settings, target: Settings) -> list[str]:
    """Drop the old tables, all in one transaction; returns the names that they had.

    Raises click.ClickException, with nothing dropped, when a row is not accounted for.
    """
    async with connected(target) as new, connected(source) as old, old.transaction():
        account = await adoption_account.totals(new)
        tables = await survey(old)
        for table in tables:
            rows = await count(old, table)
            known = sum(entry["rows"] for entry in account.get(table.label, []))
            if rows != known:
                raise click.ClickException(_refusal(table, rows, known))
        for table in tables:
            await old.execute(sql.SQL(ADOPT["drop_table"]).format(table=table.place))
        return [table.label for table in tables]


def _refusal(table: OldTable, rows: int, known: int) -> str:
    return (
        f"{table.label} has {rows} rows and {known} are accounted for: nothing was dropped."
        " Run `tpcapital adopt` again first"
    )
