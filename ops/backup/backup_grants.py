"""The grants of a restored database: a dump is restored without them, since roles may be others."""

from typing import Final

import click
import psycopg

from contracts.queries import load
from ingest_api.settings import Settings
from ops.db import db_roles
from ops.db.db import connected
from ops.db.db_roles import Roles

USUAL: Final = Roles("tpcapital_owner", "tpcapital_api", "grafana")  # as `db roles` names them
_QUERIES: Final = load("ops.backup", "backup.sql")


def grant(settings: Settings, roles: Roles) -> bool:
    """Give the roles their rights, as `tpcapital db roles` does, where all of them are there.

    False, with nothing changed, where they are not, this user may not, or the restored schema is
    older than this program: then `tpcapital db migrate` and `db roles` are left to a person.
    """
    try:
        with connected(settings) as connection:
            found = connection.execute(_QUERIES["count_roles"], {"names": list(roles)}).fetchone()
            if not found or found["roles"] < len(set(roles)):
                return False
            return db_roles.make(connection, settings.timescaledb_schema, roles)
    except (psycopg.Error, click.ClickException):
        return False  # the restore itself is done, and is not undone for this
