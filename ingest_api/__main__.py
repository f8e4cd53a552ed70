"""`python -m ingest_api`: the ingest API as a process of its own."""

import logging
import os
import sys

import anyio

from contracts import logs
from contracts.environment import SettingsError, load
from contracts.exit_status import ExitStatus
from ingest_api.errors import MigrationError, PortBusyError
from ingest_api.service import Service
from ingest_api.settings import Settings

_log = logging.getLogger("ingest_api")


def main() -> ExitStatus:
    """Serve until a signal; every way to end has its own status."""
    logs.configure()
    try:
        settings = load(Settings, os.environ)
    except SettingsError as error:
        return _fatal(error.problems, ExitStatus.CONFIG)
    logs.configure(settings.log_level, form=settings.log_format)
    try:
        return anyio.run(_run, settings)
    except* PortBusyError as group:
        return_status = _fatal(_sentences(group), ExitStatus.PORT_BUSY)
    except* MigrationError as group:
        return_status = _fatal(_sentences(group), ExitStatus.CONFIG)
    except* Exception:  # noqa: BLE001  # why: whatever a task died of, the process ends with its reason
        _log.exception("a task died", extra={"action": "service.died"})
        return_status = ExitStatus.TASK_DIED
    return return_status


async def _run(settings: Settings) -> ExitStatus:
    return await Service(settings).run()


def _sentences(group: BaseExceptionGroup[Exception]) -> list[str]:
    """The messages of the errors themselves, however deep the task groups wrapped them."""
    found = []
    for error in group.exceptions:
        found += _sentences(error) if isinstance(error, BaseExceptionGroup) else [str(error)]
    return found


def _fatal(problems: list[str], status: ExitStatus) -> ExitStatus:
    for problem in problems:
        _log.critical("FATAL %s", problem, extra={"action": "service.failed"})
    return status


if __name__ == "__main__":
    sys.exit(main())
