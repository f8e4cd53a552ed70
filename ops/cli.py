"""`tpcapital`: one command; each subcommand's module is imported only when it is asked for."""

import io
import os
import sys
from contextlib import suppress
from errno import ENOSPC
from importlib import import_module
from typing import NamedTuple

import click

from contracts.errors import sentences
from contracts.plain_words import cause
from contracts.version import current
from gateway_outbox.errors import GatewayError
from ingest_api.errors import IngestError


class Place(NamedTuple):
    """`where` the click command is; `told` what it does, for a list that need not load it."""

    where: str
    told: str


COMMANDS = {
    "adopt": Place("ops.adopt.adopt_command:adopt", "Take over the database of the old system."),
    "api": Place("ops.supervise.service_commands:api", "Run the ingest API in the foreground."),
    "as-service": Place(
        "ops.install.as_service_command:as_service", "Run a command as the installed gateway."
    ),
    "backfill": Place(
        "ops.channels.backfill_command:backfill", "Read a channel's history into the outbox."
    ),
    "backup": Place(
        "ops.backup.backup_command:backup", "Back up outbox, session, channels and database."
    ),
    "bench": Place("ops.bench.bench_command:bench", "Measure latencies, throughput and memory."),
    "channels": Place(
        "ops.channels.channels_command:channels",
        "Declare which channels are read, and see how they are.",
    ),
    "db": Place("ops.db.db_command:db", "Migrate the database, and tell how it stands."),
    "demo": Place("ops.demo.demo_command:demo", "Replay an export through the whole pipeline."),
    "doctor": Place(
        "ops.doctor.doctor_command:doctor", "Look for what is wrong, and say what to type."
    ),
    "gateway": Place(
        "ops.supervise.service_commands:gateway", "Run the gateway in the foreground."
    ),
    "import": Place(
        "ops.outbox.import_command:import_files",
        "Store the messages of exports and failure queues.",
    ),
    "install": Place("ops.install.install_command:install", "Install the services under systemd."),
    "login": Place("ops.session.login_command:login", "Log the user session in."),
    "logout": Place(
        "ops.session.login_command:logout", "End the user session and remove its file."
    ),
    "logs": Place("ops.supervise.logs_command:logs", "Show what the components wrote."),
    "migrate-from-monolith": Place(
        "ops.move.move_command:migrate_from_monolith", "Move in from the old system, step by step."
    ),
    "outbox": Place("ops.outbox.outbox_command:outbox", "Look into the outbox, or act on it."),
    "parse": Place("ops.parse_command:parse", "Show what the signal parser understands of a text."),
    "restart": Place("ops.supervise.lifecycle_command:restart", "Stop and start again."),
    "restore": Place(
        "ops.backup.backup_command:restore", "Restore a backup, or check that it can be."
    ),
    "session": Place(
        "ops.session.session_command:session",
        "Look at the user session's file, copy it, or bring one back.",
    ),
    "start": Place(
        "ops.supervise.lifecycle_command:start",
        "Start everything, in order, and wait until it is ready.",
    ),
    "status": Place(
        "ops.supervise.status_command:status",
        "Show how every component is, and whether all is well.",
    ),
    "stop": Place("ops.supervise.lifecycle_command:stop", "Stop everything, in reverse order."),
    "token": Place(
        "ops.rotation.token_command:token", "Make the shared token, or replace it in use."
    ),
    "trace": Place("ops.trace.trace_command:trace", "Tell the story of one message."),
    "uninstall": Place(
        "ops.install.install_command:uninstall", "Remove the services from systemd."
    ),
    "upgrade": Place(
        "ops.install.upgrade_command:upgrade", "Look what an upgrade to this version would meet."
    ),
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
        module, _, attribute = COMMANDS[cmd_name].where.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click gives it
        """The list of the commands, which loads none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.told) for name, place in COMMANDS.items()])

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
            raise click.ClickException(" ".join(sentences(ours))) from group
        except OSError as error:
            # the machine's own no; a pipe that nobody reads any more is click's to end quietly
            if isinstance(error, BrokenPipeError) or not (error.filename or error.errno == ENOSPC):
                raise
            if not error.filename:
                _give_output_up()
            place = os.fsdecode(error.filename) if error.filename else "standard output"
            raise click.ClickException(f"{place}: {cause(error)}") from error


def _give_output_up() -> None:
    """What is not written yet would fail once more at the end, and there decide the status."""
    with suppress(OSError), open(os.devnull, "wb") as nothing:  # noqa: PTH123  # a device
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _take_any_output() -> None:
    """Print what the terminal's alphabet lacks as an escape, and nothing where nobody listens."""
    if sys.stdout is None:  # closed by who started this
        sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.custom_version_option(lambda _: f"tpcapital, version {current()}")
def main() -> None:
    """Telegram trading signals into TimescaleDB, none lost on the way.

    The gateway stores every message in its outbox (SQLite) before anything else and relays it to
    the ingest API, which reads the signal in it and stores both in PostgreSQL or TimescaleDB.

    Exit status: 0 all well, 1 a fault was found or nothing was changed, 2 wrong use. The services
    have more of them: docs/reference/exit-statuses.md.
    """
