"""What a run is asked for, by the command line."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_RATE = 40.0


class Options(NamedTuple):
    """Length, seed, things done in Telegram a second, whether faults happen, and where figures go.

    `dsn` is an empty database of a server that nobody stops; without it there is an embedded one.
    `is_hasty`: faults of a moment, some at a time, and one look at the end: for a test.
    """

    minutes: float = 60.0
    seed: int = 1
    rate: float = _RATE
    faults: bool = True
    dsn: str | None = None
    json: Path | None = None
    is_hasty: bool = False

    @property
    def reconcile_seconds(self) -> float:
        """Time between two comparisons: often where pushes are withheld, else as by default."""
        return 2.0 if self.faults else 60.0

    @property
    def window(self) -> int:
        """How many events a channel's log reaches back: with faults some seconds' worth."""
        return 120 if self.faults else 1_000_000


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """The options of a command line."""
    parser = argparse.ArgumentParser(
        prog="just soak", description="All real parts under traffic and faults; exit status 0 or 1."
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="length; 60 by default")
    parser.add_argument("--seed", type=int, default=1, help="chooses texts and faults")
    parser.add_argument(
        "--rate", type=float, default=_RATE, help="posts, edits, deletions a second"
    )
    parser.add_argument("--faults", choices=["all", "none"], default="all")
    parser.add_argument("--once", action="store_true", help="each fault once, of a moment")
    parser.add_argument("--dsn", help="an empty PostgreSQL database; without it an embedded one")
    parser.add_argument("--json", type=Path, help="file for the figures")
    found = parser.parse_args(arguments)
    return Options(
        minutes=found.minutes,
        seed=found.seed,
        rate=found.rate,
        faults=found.faults == "all",
        dsn=found.dsn,
        json=found.json,
        is_hasty=found.once,
    )
