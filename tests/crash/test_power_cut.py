"""The power goes after each single write: what was acknowledged is on the disk all the same."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.crash import survivors
from tests.crash.power_cut import State, states
from tests.crash.scenario import APPENDED, Scenario
from tests.crash.tracing import WRITES, needs_strace, of_outbox, play, server

_CONTEXT = server()
_SEED = 20261116
_STRIDE = 7  # of the short run


def record(folder: Path, synchronous: str) -> list[State]:
    """Play the scenario once; every state that a power cut could have left of it."""
    folder.mkdir()
    played = Scenario(folder / "outbox.sqlite3", folder / "acked", synchronous)
    trace = folder / "trace"
    whole = ["-y", "-xx", "-s", "1000000", "-e", f"trace={','.join(WRITES)}"]
    watched = [*whole, *of_outbox(played.outbox), "-P", str(played.acked)]
    assert play(_CONTEXT, played, ["-o", str(trace), *watched]) == 0
    found = list(states(trace.read_text(encoding="ascii"), played.acked, _SEED))
    assert found[-1].acked == list(range(1, APPENDED + 1))
    return found


def losses(folder: Path, found: Iterable[State]) -> dict[str, list[str]]:
    """What is wrong with each state once the gateway has opened it."""
    wrong = {}
    for state in found:
        place = folder / f"{state.after}-{state.how}"
        place.mkdir()
        for name, content in state.files.items():
            (place / name).write_bytes(content)
        if faults := survivors.faults(place / "outbox.sqlite3", state.acked):
            wrong[place.name] = faults
    return wrong


@needs_strace
def test_some_power_cuts_lose_nothing(tmp_path: Path) -> None:
    """With every seventh state of the disk all acknowledged rows are there, and whole."""
    found = record(tmp_path / "full", "FULL")[::_STRIDE]
    assert losses(tmp_path, found) == {}
    assert len(found) >= 200


@needs_strace
def test_the_simulator_sees_the_loss_of_a_weaker_setting(tmp_path: Path) -> None:
    """With synchronous=NORMAL a power cut takes acknowledged rows: this harness has teeth."""
    found = record(tmp_path / "normal", "NORMAL")[::_STRIDE]
    lost = losses(tmp_path, found)
    print(f"synchronous=NORMAL: {len(lost)} of {len(found)} states lose acknowledged rows")
    assert len(lost) > len(found) // 10
    assert all(fault.startswith("lost ") for faults in lost.values() for fault in faults)


@needs_strace
@pytest.mark.long
@pytest.mark.timeout(300)
def test_no_power_cut_loses_anything(tmp_path: Path) -> None:
    """The same with each of at least 1,500 states."""
    found = record(tmp_path / "full", "FULL")
    wrong = losses(tmp_path, found)
    print(f"synchronous=FULL: {len(wrong)} of {len(found)} states lose anything")
    assert wrong == {}
    assert len(found) >= 1500
