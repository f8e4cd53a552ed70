"""What every source of messages is to the service, and what it shows of itself."""

import logging
import time
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from anyio.abc import TaskStatus

log = logging.getLogger(__name__)

# starting: not tried yet. connecting: the first try is under way. connected: what is posted comes.
# transient: lost, and tried again by itself. silent: connected, and nothing is heard.
# login_required, banned: only a person can help. finished: all was read. failed: broken input.
Condition = Literal[
    "starting",
    "connecting",
    "connected",
    "transient",
    "silent",
    "login_required",
    "banned",
    "finished",
    "failed",
]
LOST: tuple[Condition, ...] = ("login_required", "banned")
ENDED: tuple[Condition, ...] = (*LOST, "finished", "failed")


@dataclass
class SourceState:
    """`condition` is for programs, `reason` and `advice` (what to do) for people.

    `observed` holds what else the source wants to show in `/health`; `gauges` what it measures, by
    metric name (a number, or numbers by the value of the metric's label); `floods` the seconds of
    each wait that Telegram still asks for, by request; `alarms` what a person should look at while
    the source goes on, by topic: each makes the gateway's health a warning.
    """

    name: str
    condition: Condition = "starting"
    reason: str = ""
    advice: str = ""
    received: int = 0
    skipped: int = 0
    last_message_at: float | None = None
    observed: dict[str, Any] = field(default_factory=dict)
    gauges: dict[str, float | dict[str, float]] = field(default_factory=dict)
    floods: dict[str, float] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)

    @property
    def connected(self) -> bool:
        """Whether what is posted now would come."""
        return self.condition == "connected"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come without a person."""
        return self.condition in ENDED

    def turn(self, condition: Condition, reason: str = "", advice: str = "") -> None:
        """Note a condition; a change of it is logged, a repetition only updates the words."""
        changed = condition != self.condition
        self.condition, self.reason, self.advice = condition, reason, advice
        if not changed:
            return
        self.since = time.monotonic()
        level = logging.WARNING if condition in ("transient", "silent", *LOST) else logging.INFO
        words = ": ".join(part for part in (f"source {self.name} {condition}", reason) if part)
        log.log(
            level,
            "%s",
            f"{words}. {advice}" if advice else words,
            extra={"action": "source.condition", "source": self.name, "condition": condition},
        )

    def note_received(self, count: int) -> None:
        """So many messages were committed just now."""
        if count:
            self.received += count
            self.last_message_at = time.time()

    def document(self) -> dict[str, Any]:
        """The state as `/health` shows it."""
        return {
            "state": self.condition,
            "connected": self.connected,
            "since_seconds": round(time.monotonic() - self.since, 3),
            "reason": self.reason or None,
            "advice": self.advice or None,
            "received": self.received,
            "skipped": self.skipped,
            "last_message_at": self.last_message_at,
            **({"flood_waits": self.floods} if self.floods else {}),
            **({"alarms": self.alarms} if self.alarms else {}),
            **self.observed,
        }


class Source(Protocol):
    """Something that brings messages into the outbox until it is cancelled."""

    @property
    def state(self) -> SourceState:
        """What it shows of itself."""

    async def run(self, *, task_status: TaskStatus[None]) -> None:
        """Bring messages until cancelled; returns when there is nothing more to bring.

        Raises SourceLostError when it cannot go on without a person.
        """
