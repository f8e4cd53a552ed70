"""The outbox is killed at every single write, sync, truncation and removal of its files."""

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway_outbox.outbox import outbox_file
from tests.crash import survivors
from tests.crash.scenario import APPENDED, Scenario
from tests.crash.tracing import WRITES, needs_strace, of_outbox, play, server

_CONTEXT = server()
_STRIDE = 13  # of the short run


class Point(NamedTuple):
    """The n-th call of a kind, in a life that begins with a new file or with one at hand."""

    call: str
    number: int
    new: bool


class Crash(NamedTuple):
    """What a kill left behind."""

    killed: bool
    acked: int
    unacked: int
    faults: list[str]


def points(folder: Path) -> list[Point]:
    """Every point, counted in a life that nobody disturbs.

    strace counts calls by thread: a new file is made by one thread and filled by another, so that
    the first calls of the second can only be met in a life that finds its file made already.
    """
    made, filled = _counts(folder / "new", new=True), _counts(folder / "old", new=False)
    first = [Point(call, n, new=True) for (call, n) in _numbered(min(made, key=Counter.total))]
    rest = [Point(call, n, new=False) for (call, n) in _numbered(max(filled, key=Counter.total))]
    return first + rest


def _numbered(counts: Counter[str]) -> Iterable[tuple[str, int]]:
    return chain.from_iterable(((c, n + 1) for n in range(counts[c])) for c in WRITES)


def _counts(folder: Path, *, new: bool) -> list[Counter[str]]:
    """The calls of each thread."""
    played = _scene(folder, new=new)
    trace = folder / "trace"
    assert play(_CONTEXT, played, ["-o", str(trace), *_traced(played)]) == 0
    assert survivors.noted(played.acked) == list(range(1, APPENDED + 1))
    threads: dict[str, Counter[str]] = {}
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        thread, call = line.split(maxsplit=1)
        if "resumed>" not in call:
            threads.setdefault(thread, Counter())[call.partition("(")[0]] += 1
    return list(threads.values())


def _scene(folder: Path, *, new: bool) -> Scenario:
    folder.mkdir()
    played = Scenario(folder / "outbox.sqlite3", folder / "acked")
    if not new:
        outbox_file.prepare(played.outbox)
    return played


def _traced(played: Scenario) -> list[str]:
    return ["-e", f"trace={','.join(WRITES)}", *of_outbox(played.outbox)]


def crash(folder: Path, point: Point) -> Crash:
    """Kill the scenario at a point, open what it left, and look."""
    played = _scene(folder / f"{point.call}-{point.number}-{point.new}", new=point.new)
    kill = f"--inject={point.call}:signal=SIGKILL:when={point.number}"
    killed = play(_CONTEXT, played, ["-o", "/dev/null", *_traced(played), kill]) != 0
    acked = survivors.noted(played.acked)
    faults = survivors.faults(played.outbox, acked)
    with outbox_file.connect(played.outbox) as connection:
        (known,) = connection.execute(
            "SELECT value FROM counter WHERE name = 'appended'"
        ).fetchone()
    connection.close()
    return Crash(killed, len(acked), known - len(acked), faults)


def sweep(folder: Path, chosen: list[Point]) -> list[Crash]:
    """Every point has its crash; says what was seen."""
    with ThreadPoolExecutor(3) as pool:
        crashes = list(pool.map(lambda point: crash(folder, point), chosen))
    found = {
        point: result.faults for point, result in zip(chosen, crashes, strict=True) if result.faults
    }
    killed = sum(result.killed for result in crashes)
    unacked = sum(result.unacked > 0 for result in crashes)
    print(f"{len(chosen)} points: {killed} kills, {unacked} with rows stored but not acknowledged")
    assert found == {}
    assert killed >= 0.98 * len(chosen), "most points were never reached"
    assert unacked > 0, "no kill fell between a commit and its acknowledgement"
    return crashes


@needs_strace
def test_a_kill_at_some_of_the_writes_loses_nothing(tmp_path: Path) -> None:
    """At each thirteenth write or sync a kill leaves a sound file with every acknowledged row."""
    sweep(tmp_path, points(tmp_path)[::_STRIDE])


@needs_strace
@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_kill_at_every_write_loses_nothing(tmp_path: Path) -> None:
    """The same at each of at least 400 writes, syncs, truncations and removals."""
    crashes = sweep(tmp_path, points(tmp_path))
    assert len(crashes) >= 400
    assert max(crash.acked for crash in crashes) == APPENDED
