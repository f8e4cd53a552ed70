"""The roles of a database: least privilege for who migrates, who writes and who reads."""

from typing import Final, NamedTuple

import psycopg
from psycopg import sql

from contracts.queries import load
from ops.db.db import Connection

_QUERIES: Final = load("ops.db", "roles.sql")


class Roles(NamedTuple):
    """The names of the three roles."""

    owner: str
    api: str
    grafana: str


def statements(connection: Connection, schema: str, roles: Roles) -> str:
    """The SQL that makes the roles and gives each its rights, as psql takes it."""
    names = {**roles._asdict(), "schema": schema, "database": connection.info.dbname}
    given: dict[str, sql.Composable] = {
        name: sql.Identifier(value) for name, value in names.items()
    }
    given |= {f"{name}_name": sql.Literal(value) for name, value in names.items()}
    # In regnamespace a name is written as in SQL.
    given["schema_name"] = sql.Literal(sql.Identifier(schema).as_string(connection))
    return sql.SQL(_QUERIES["roles"]).format(**given).as_string(connection)


def make(connection: Connection, schema: str, roles: Roles) -> bool:
    """Make the roles in one transaction; False, with nothing changed, when we may not.

    Raises psycopg.Error for anything else, such as a schema that is not migrated.
    """
    try:
        with connection.transaction():
            connection.execute(statements(connection, schema, roles).encode())
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True
