"""`just mutants [--only TARGET]`: what no test notices, compared with the known survivors."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.mutants.mutant import Mutant, alive, known_survivors, untried
from tests.mutants.statement_run import run_statements
from tests.mutants.target import TARGETS
from tests.mutants.workshop import ROOT, Limit, run_mutmut, workshop

RESULTS = ROOT / "bench-results"
_HEAD = "| target | tried | killed | timeouts | survived | score | seconds |\n" + "|---" * 7 + "|"


def main() -> int:
    """Run; returns 1 when there is a survivor that the list does not have."""
    parser = argparse.ArgumentParser("python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", choices=[*TARGETS], help="one target (default: all)")
    parser.add_argument("--minutes", type=float, default=60, help="the longest for one target")
    parser.add_argument("--children", type=int, default=1, help="mutants tested at a time")
    options = parser.parse_args()
    os.nice(10)
    rows, news, waiting = [_HEAD], [], 0
    for name in [options.only] if options.only else [*TARGETS]:
        begun = time.monotonic()
        mutants = _run(name, Limit(options.minutes * 60, options.children))
        rows.append(_row(name, mutants, time.monotonic() - begun))
        _write(RESULTS / f"mutants-{name}.json", mutants)
        waiting += len(untried(mutants))
        news += _news(name, mutants)
    print("\n".join(rows))
    for mutant in news:
        print(f"survived: {mutant.key}")
    if waiting:
        print(f"{waiting} not tried, time was up: raise --minutes")
    return 1 if news or waiting else 0


def _run(name: str, limit: Limit) -> list[Mutant]:
    target = TARGETS[name]
    print(f"{name}: {' '.join(target.files)}", flush=True)
    if target.statements:
        return run_statements(target, limit.seconds)
    with workshop() as folder:
        return run_mutmut(folder, target, limit)


def _news(name: str, mutants: list[Mutant]) -> list[Mutant]:
    known, living = known_survivors(name), alive(mutants)
    for stale in known.keys() - {mutant.key for mutant in [*living, *untried(mutants)]}:
        print(f"no survivor any more, remove it from the list: {stale}")
    return [mutant for mutant in living if mutant.key not in known]


def _row(name: str, mutants: list[Mutant], seconds: float) -> str:
    living = len(alive(mutants))
    late = sum(mutant.verdict == "timeout" for mutant in mutants)
    tried = len(mutants) - len(untried(mutants))
    score = 100 * (1 - living / tried) if tried else 0
    killed = tried - living - late
    cells = (name, tried, killed, late, living, f"{score:.1f} %", f"{seconds:.0f}")
    return f"| {' | '.join(map(str, cells))} |"


def _write(path: Path, mutants: list[Mutant]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([mutant._asdict() for mutant in mutants], indent=1))


if __name__ == "__main__":
    sys.exit(main())
