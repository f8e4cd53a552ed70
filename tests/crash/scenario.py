"""A life of an outbox in some hundred writes: what the crash tests kill and cut off at each one.

`live` appends in groups, and notes what is acknowledged only after `append` has returned; it
settles, purges, folds the log into the file and gives pages back, so that every kind of write
to the file happens. Messages are numbered from 1; `Scenario.acked` holds the numbers.
"""

import os
import time
from pathlib import Path
from typing import NamedTuple

import anyio
import anyio.lowlevel

from contracts import metrics
from contracts.message import Message
from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox, Settlement, open_outbox
from gateway_outbox.outbox.outbox_writer import Command
from tests.messages import message

GROUPS = (1, 3, 1, 6, 1, 1, 8, 2, 1, 5, 1, 1, 9, 1, 4, 1, 2, 1, 1, 6)
APPENDED = sum(GROUPS)
PURGED = 6  # the groups whose rows are settled and purged on the way
_OPTIONS = {
    "wal_autocheckpoint": 40,  # pages: folds the log into the file, and starts it anew, often
}


class Scenario(NamedTuple):
    """Where it plays: the outbox, the list of acknowledged messages, and the durability."""

    outbox: Path
    acked: Path
    synchronous: str = "FULL"


def numbered(number: int) -> Message:
    """Message `number`, of up to half a kilobyte."""
    return message(number, f"mensagem {number} " + "ação " * (number * 37 % 90))


def live(scenario: Scenario) -> None:
    """Wait for a tracer, then play the whole scenario once."""
    _await_tracer()
    anyio.run(_live, scenario)


def _await_tracer() -> None:
    """The tracer attaches from outside; nothing may happen before it sees everything."""
    deadline = time.monotonic() + 20
    while "TracerPid:\t0\n" in Path("/proc/self/status").read_text(encoding="ascii"):
        if time.monotonic() > deadline:
            raise TimeoutError("strace did not attach within 20 s")
        time.sleep(0.001)


async def _live(scenario: Scenario) -> None:
    acked = os.open(scenario.acked, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    telemetry = Telemetry(metrics.GATEWAY, "scenario", "0")
    async with open_outbox(scenario.outbox, telemetry) as outbox:
        for name, value in (_OPTIONS | {"synchronous": scenario.synchronous}).items():
            await _pragma(outbox, f"PRAGMA {name} = {value}")
        last = 0
        for index, size in enumerate(GROUPS):
            first, last = last + 1, last + size
            await outbox.append([numbered(n) for n in range(first, last + 1)], "replay")
            os.write(acked, b"".join(b"%d\n" % n for n in range(first, last + 1)))
            await _keep_house(outbox, index, range(first, last + 1))
    telemetry.close()
    os.close(acked)


async def _keep_house(outbox: Outbox, index: int, seqs: range) -> None:
    """Settle the first groups at once and some later ones too; purge, fold and vacuum halfway."""
    if index < PURGED or index % 3 == 0:
        await outbox.settle([Settlement(seq, "delivered", outcome="created") for seq in seqs])
    if index == PURGED:
        await outbox.purge(1 << 60, 500)
    if index in (PURGED, len(GROUPS) - 4):
        await outbox.vacuum()


async def _pragma(outbox: Outbox, pragma: str) -> None:
    await outbox._writer.submit(Command(lambda db: db.executescript(pragma), alone=True))
