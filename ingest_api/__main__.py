"""`python -m ingest_api`: the ingest API as a process of its own."""

import argparse
import logging
import os
import sys

import anyio

from contracts import logs
from contracts.environment import SettingsError, load
from contracts.errors import sentences
from contracts.exit_status import ExitStatus
from ingest_api.errors import MigrationError, PortBusyError

_log = logging.getLogger("ingest_api")


def main(arguments: list[str] | None = None) -> ExitStatus:
    """Serve until a signal; every way to end has its own status."""
    _parse(arguments)
    # Not before it is clear that the service is to run: its imports take most of a start.
    from ingest_api import service
    from ingest_api.settings import Settings

    logs.configure()
    try:
        settings = load(Settings, os.environ)
    except SettingsError as error:
        return _fatal(error.problems, ExitStatus.CONFIG)
    logs.configure(settings.log_level, form=settings.log_format)
    try:
        return anyio.run(service.Service(settings).run)
    except* PortBusyError as group:
        return_status = _fatal(sentences(group), ExitStatus.PORT_BUSY)
    except* MigrationError as group:
        return_status = _fatal(sentences(group), ExitStatus.CONFIG)
    except* Exception:  # noqa: BLE001  # why: whatever a task died of, the process ends with its reason
        _log.exception("a task died", extra={"action": "service.died"})
        return_status = ExitStatus.TASK_DIED
    return return_status


def _parse(arguments: list[str] | None) -> None:
    """It has no options, and says so instead of starting."""
    argparse.ArgumentParser(
        "python -m ingest_api",
        description="The TP Capital ingest API: reads the signal in each message, stores both.",
        epilog="Settings come from the environment; docs/reference/settings.md lists them.",
    ).parse_args(arguments)


def _fatal(problems: list[str], status: ExitStatus) -> ExitStatus:
    for problem in problems:
        _log.critical("FATAL %s", problem, extra={"action": "service.failed"})
    return status


if __name__ == "__main__":
    sys.exit(main())
