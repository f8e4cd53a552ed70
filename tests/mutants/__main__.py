"""`just mutants [--only TARGET]`: what no test notices, compared with the known survivors."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.mutants.mutant import Mutant, alive, known_survivors
from tests.mutants.statement_run import run_statements
from tests.mutants.target import TARGETS
from tests.mutants.workshop import ROOT, run_mutmut, workshop

RESULTS = ROOT / "bench-results"
_HEAD = "| target | mutants | killed | timeouts | survived | score | seconds |\n" + "|---" * 7 + "|"


def main() -> int:
    """Run; returns 1 when there is a survivor that the list does not have."""
    parser = argparse.ArgumentParser("python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", choices=[*TARGETS], help="one target (default: all)")
    parser.add_argument("--minutes", type=float, default=60, help="the longest for one target")
    options = parser.parse_args()
    os.nice(10)
    rows, news = [_HEAD], []
    for name in [options.only] if options.only else [*TARGETS]:
        begun = time.monotonic()
        mutants = _run(name, options.minutes * 60)
        rows.append(_row(name, mutants, time.monotonic() - begun))
        _write(RESULTS / f"mutants-{name}.json", mutants)
        known = known_survivors(name)
        news += [mutant for mutant in alive(mutants) if mutant.key not in known]
        for stale in known.keys() - {mutant.key for mutant in alive(mutants)}:
            print(f"no survivor any more, remove it from the list: {stale}")
    print("\n".join(rows))
    for mutant in news:
        print(f"survived: {mutant.key}")
    return 1 if news else 0


def _run(name: str, seconds: float) -> list[Mutant]:
    target = TARGETS[name]
    print(f"{name}: {' '.join(target.files)}", flush=True)
    if target.statements:
        return run_statements(target, seconds)
    with workshop() as folder:
        return run_mutmut(folder, target, seconds)


def _row(name: str, mutants: list[Mutant], seconds: float) -> str:
    living = len(alive(mutants))
    late = sum(mutant.verdict == "timeout" for mutant in mutants)
    score = 100 * (1 - living / len(mutants))
    killed = len(mutants) - living - late
    cells = (name, len(mutants), killed, late, living, f"{score:.1f} %", f"{seconds:.0f}")
    return f"| {' | '.join(map(str, cells))} |"


def _write(path: Path, mutants: list[Mutant]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([mutant._asdict() for mutant in mutants], indent=1))


if __name__ == "__main__":
    sys.exit(main())
