"""How one component stands, and the verdict on all of them."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

State = Literal["running", "starting", "degraded", "stopped", "failed", "unknown"]

NEEDED: Final = ("database", "api", "gateway")  # without one of them the pipe is down
UP: Final = ("running", "degraded")


class Standing(msgspec.Struct, kw_only=True):
    """One row of `tpcapital status`; None where it cannot be told.

    `since` is in seconds since 1970, `restarts` counts the supervisor's own. `name` tells replicas
    of one `component` apart; `key` is its most telling number, `trouble` what is wrong;
    `exit_status` is that of one that ended by itself, where its supervisor knows it.
    """

    component: str
    name: str
    supervisor: str
    state: State
    since: float | None = None
    version: str | None = None
    pid: int | None = None
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None
    restarts: int | None = None
    exit_status: int | None = None
    key: str = ""
    trouble: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """`status` is the exit status: 0 well, 1 degraded, 2 down, 3 can't tell."""

    status: int
    word: str
    reason: str


def verdict(standings: Sequence[Standing]) -> Verdict:
    """What the rows mean together: the pipe is as well as its worst needed part."""
    down = [_part_down(standings, part) for part in NEEDED]
    if told := [each for each in down if each]:
        return Verdict(2, "down", "; ".join(told))
    unclear = [each for each in standings if each.component in NEEDED and each.state == "unknown"]
    if unclear:
        return Verdict(3, "can't tell", "; ".join(map(_said, unclear)))
    if bad := [each for each in standings if each.state != "running"]:
        return Verdict(1, "degraded", "; ".join(map(_said, bad)))
    return Verdict(0, "well", f"{len(standings)} components run")


def _part_down(standings: Sequence[Standing], part: str) -> str:
    """Why a needed part is down; empty while one of its replicas is up, or may be."""
    replicas = [each for each in standings if each.component == part]
    if not replicas:
        return f"{part}: not found"
    if any(each.state in (*UP, "unknown") for each in replicas):
        return ""
    starting = all(each.state == "starting" for each in replicas)
    return "" if starting else "; ".join(map(_said, replicas))


def _said(standing: Standing) -> str:
    return f"{standing.name} {standing.state}"
