"""The Community edition's retention policy: the database drops chunks by itself, every day.

It knows neither our files nor our horizon. So there is one only where nothing is exported, and its
age is noted before it exists, for the trigger that turns away what was dropped.
"""

from typing import Final

from contracts.queries import load
from ops.db.db import Connection

_QUERIES: Final = load("ops.db", "retention.sql")


def settle_policy(connection: Connection, schema: str, table: str, days: int | None) -> None:
    """A policy of so many days for a hypertable, or none for None; only where there are policies.

    Raises psycopg.Error.
    """
    row = connection.execute(_QUERIES["select_has_policies"]).fetchone()
    if not row or not row["has_policies"]:
        return
    place = {"schema": schema, "table": table}
    with connection.transaction():
        connection.execute(_QUERIES["note_policy"], {"table": table, "days": days})
        connection.execute(_QUERIES["remove_policy"], place)
        if days is not None:
            connection.execute(_QUERIES["add_policy"], place | {"days": days})
