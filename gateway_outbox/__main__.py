"""`python -m gateway_outbox`: the gateway alone, in the foreground."""

import argparse
import logging
import os
import sys

from contracts import logs
from contracts.environment import SettingsError
from contracts.exit_status import ExitStatus
from contracts.version import current
from gateway_outbox import settings


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal; returns the exit status."""
    options = _parse(arguments)
    environ = dict(os.environ)
    if options.replay:
        environ["REPLAY_FILE"] = options.replay
    if options.rate:
        environ["REPLAY_RATE"] = options.rate
    if options.take_over:
        environ["TAKE_OVER_WEBHOOK"] = "true"
    logs.configure()
    try:
        chosen = settings.from_environment(environ)
    except SettingsError as error:
        for problem in error.problems:
            logging.getLogger(__name__).critical("FATAL %s", problem)
        return ExitStatus.CONFIG
    logs.configure(chosen.log_level, form=chosen.log_format)
    from gateway_outbox import service

    return service.run(chosen, environ)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m gateway_outbox",
        description="The TP Capital gateway: stores every message, relays it to the ingest API.",
        epilog="Settings come from the environment; docs/reference/settings.md lists them.",
    )
    parser.add_argument("--replay", metavar="FILE", help="replay a Telegram export (REPLAY_FILE)")
    parser.add_argument("--rate", metavar="N", help="messages a second of it (REPLAY_RATE)")
    parser.add_argument(
        "--take-over", action="store_true", help="remove the bot's webhook (TAKE_OVER_WEBHOOK)"
    )
    parser.add_argument("--version", action="version", version=current())
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
