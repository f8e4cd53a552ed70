"""`tpcapital`: one command; each subcommand's module is imported only when it is asked for."""

import io
import os
import sys
from errno import ENOSPC
from importlib import import_module

import click

from contracts.plain_words import cause
from contracts.version import current
from gateway_outbox.errors import GatewayError
from ingest_api.errors import IngestError

# name: where the click command is.
COMMANDS = {
    "adopt": "ops.adopt_command:adopt",
    "api": "ops.service_commands:api",
    "as-service": "ops.as_service_command:as_service",
    "backfill": "ops.backfill_command:backfill",
    "backup": "ops.backup_command:backup",
    "bench": "ops.bench_command:bench",
    "channels": "ops.channels_command:channels",
    "db": "ops.db_command:db",
    "demo": "ops.demo_command:demo",
    "doctor": "ops.doctor_command:doctor",
    "gateway": "ops.service_commands:gateway",
    "import": "ops.import_command:import_files",
    "install": "ops.install_command:install",
    "login": "ops.login_command:login",
    "logout": "ops.login_command:logout",
    "logs": "ops.logs_command:logs",
    "migrate-from-monolith": "ops.move_command:migrate_from_monolith",
    "outbox": "ops.outbox_command:outbox",
    "parse": "ops.parse_command:parse",
    "restart": "ops.lifecycle_command:restart",
    "restore": "ops.backup_command:restore",
    "session": "ops.session_command:session",
    "start": "ops.lifecycle_command:start",
    "status": "ops.status_command:status",
    "stop": "ops.lifecycle_command:stop",
    "token": "ops.token_command:token",
    "trace": "ops.trace_command:trace",
    "uninstall": "ops.install_command:uninstall",
    "upgrade": "ops.upgrade_command:upgrade",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and place, so that no world is loaded in vain."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the alphabet."""
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None when there is none."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what the services' own errors say is all that a person needs to see."""
        _take_any_output()
        try:
            return super().invoke(ctx)
        except (GatewayError, IngestError) as error:
            raise click.ClickException(str(error)) from error
        except BaseExceptionGroup as group:
            # an open outbox is a task group, which wraps what is raised inside it
            ours, others = group.split(GatewayError)
            if ours is None or others is not None:
                raise
            raise click.ClickException(" ".join(_sentences(ours))) from group
        except OSError as error:
            # the machine's own no; a pipe that nobody reads any more is click's to end quietly
            if isinstance(error, BrokenPipeError) or not (error.filename or error.errno == ENOSPC):
                raise
            place = os.fsdecode(error.filename) if error.filename else "standard output"
            raise click.ClickException(f"{place}: {cause(error)}") from error


def _take_any_output() -> None:
    """Print what the terminal's alphabet lacks as an escape, and nothing where nobody listens."""
    if sys.stdout is None:  # closed by who started this
        sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _sentences(group: BaseExceptionGroup[GatewayError]) -> list[str]:
    """What the errors themselves say, each once, however deep they are wrapped."""
    found: list[str] = []
    for error in group.exceptions:
        found += _sentences(error) if isinstance(error, BaseExceptionGroup) else [str(error)]
    return list(dict.fromkeys(found))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(current(), prog_name="tpcapital")
def main() -> None:
    """Telegram trading signals into TimescaleDB, none lost on the way.

    The gateway stores every message in its outbox (SQLite) before anything else and relays it to
    the ingest API, which reads the signal in it and stores both in PostgreSQL or TimescaleDB.

    Exit status: 0 all well, 1 a fault was found or nothing was changed, 2 wrong use. The services
    have more of them: docs/reference/exit-statuses.md.
    """
