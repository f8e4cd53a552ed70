"""A connection string as an option: never with a password that others can read."""

import click


def password_of(dsn: str) -> str | None:
    """The password in a connection string, if it carries one. Raises click.BadParameter."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        found = conninfo_to_dict(dsn).get("password")
    except (ProgrammingError, UnicodeError):  # its words repeat the string, password and all
        raise click.BadParameter("it is no PostgreSQL connection string") from None
    return str(found) if found else None


def no_password(ctx: click.Context, parameter: click.Parameter, dsn: str | None) -> str | None:
    """Refuse a password that every user of the machine can read in the list of processes."""
    given = ctx.get_parameter_source(parameter.name or "")
    if dsn and given is click.core.ParameterSource.COMMANDLINE and password_of(dsn):
        raise click.BadParameter(
            "it holds a password, which every user of this machine can see. Leave it out and put"
            " it into ~/.pgpass (or PGPASSFILE, PGPASSWORD)"
        )
    return dsn


database_option = click.option(
    "--dsn",
    callback=no_password,
    help="The database; else as TIMESCALEDB_URL or TIMESCALEDB_HOST, … say.",
)
