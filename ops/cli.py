"""`tpcapital`: one command; each subcommand's module is imported only when it is asked for."""

from importlib import import_module

import click

from contracts.errors import sentences
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
        try:
            return super().invoke(ctx)
        except (GatewayError, IngestError) as error:
            raise click.ClickException(str(error)) from error
        except BaseExceptionGroup as group:
            # an open outbox is a task group, which wraps what is raised inside it
            ours, others = group.split(GatewayError)
            if ours is None or others is not None:
                raise
            raise click.ClickException(" ".join(sentences(ours))) from group


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.custom_version_option(lambda _: f"tpcapital, version {current()}")
def main() -> None:
    """Telegram trading signals into TimescaleDB, none lost on the way.

    The gateway stores every message in its outbox (SQLite) before anything else and relays it to
    the ingest API, which reads the signal in it and stores both in PostgreSQL or TimescaleDB.

    Exit status: 0 all well, 1 a fault was found or nothing was changed, 2 wrong use. The services
    have more of them: docs/reference/exit-statuses.md.
    """
