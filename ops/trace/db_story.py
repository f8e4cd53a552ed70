"""What the database holds of one message, for `tpcapital trace`."""

from typing import Any, Final

import click
import psycopg

from contracts import queries
from contracts.message import Key
from ops.db.db import connected, database_settings, set_path

QUERY: Final = queries.load("ops.trace", "trace.sql")


def read_story(dsn: str | None, key: Key) -> dict[str, list[dict[str, Any]]]:
    """The rows of each query of trace.sql. Raises click.ClickException where they cannot be had."""
    settings = database_settings(dsn)
    values = {"channel": key.channel_id, "message": key.message_id}
    with connected(settings) as connection:
        set_path(connection, settings.timescaledb_schema, "public")
        try:
            return {n: connection.execute(text, values).fetchall() for n, text in QUERY.items()}
        except psycopg.ProgrammingError as error:
            raise click.ClickException(str(error)) from error
