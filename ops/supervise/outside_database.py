"""A database that is not ours to start or stop: reached over its connection string, or not."""

from collections.abc import Mapping

import click

from ops.supervise.standing import Standing
from ops.supervise.supervisor import ComponentFailedError, LogCommand, Wanted


class OutsideDatabase:
    """The database of TIMESCALEDB_*; `environ` holds them."""

    component = "database"
    kind = "elsewhere"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    def look(self) -> list[Standing]:
        """As `Supervisor.look`: connects and asks for the versions and the size."""
        row = Standing(component="database", name="database", supervisor=self.kind, state="unknown")
        try:
            self._ask(row)
        except click.UsageError:
            row.trouble = "nothing here says where it is (TIMESCALEDB_URL)"
        except click.ClickException as error:
            row.state, row.trouble = "failed", error.message
        return [row]

    def start(self) -> bool:
        """As `Supervisor.start`: nothing but a look. Raises ComponentFailedError."""
        (row,) = self.look()
        if row.state == "failed":
            raise ComponentFailedError("database", f"{row.trouble}. It is not ours to start")
        return False

    def stop(self) -> bool:
        """As `Supervisor.stop`: it is not ours to stop."""
        return False

    def tail(self) -> list[str]:
        """As `Supervisor.tail`: its log is where its owner keeps it."""
        return []

    def urls(self) -> dict[str, str]:
        """As `Supervisor.urls`: none."""
        return {}

    def log(self, _wanted: Wanted, /) -> LogCommand:
        """As `Supervisor.log`. Raises ComponentFailedError: only its owner has it."""
        raise ComponentFailedError("database", "its log is where it runs; it is not ours")

    def _ask(self, row: Standing) -> None:
        from ops.db.db import connected, database_settings, fetch
        from ops.rendering import Size, human

        with connected(database_settings(environ=self._environ)) as connection:
            server = fetch(connection, "select_server")[0]
        row.state = "running"
        timescale = server["timescaledb"]
        row.version = str(server["postgresql"]) + (f" + {timescale}" if timescale else "")
        row.key = human(Size(server["size_bytes"]))
