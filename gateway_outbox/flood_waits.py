"""The waits that Telegram asked for, on disk: a restart must not ask again before they are over.

The one place where the clock of the wall decides something: only it survives a restart. A clock
set back makes a wait longer, never more than the wait itself.
"""

import time

import anyio

from contracts.telemetry import Telemetry
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.source import SourceState

MAX_SECONDS = 86_400.0


class FloodWaits:
    """Waits by request name, of one source. Call `load` before the first request."""

    def __init__(self, outbox: Outbox, state: SourceState, telemetry: Telemetry) -> None:
        self._outbox = outbox
        self._state = state
        self._telemetry = telemetry
        self._until: dict[str, float] = {}

    async def load(self) -> None:
        """Take over what an earlier process was told."""
        now_ms = _now_ms()
        await self._outbox.write("forget_flood_waits", [(now_ms,)])
        prefix = f"{self._state.name}:"
        for request, until_ms in await self._outbox.read("flood_waits", (now_ms,)):
            if request.startswith(prefix):
                seconds = min((until_ms - now_ms) / 1000, MAX_SECONDS)
                self._until[request.removeprefix(prefix)] = anyio.current_time() + seconds
        self._show()

    async def note(self, request: str, seconds: float) -> None:
        """Telegram asks for a wait before the next request of this name."""
        seconds = min(max(seconds, 1.0), MAX_SECONDS)
        self._until[request] = anyio.current_time() + seconds
        self._telemetry.add("telegram_flood_waits_total", source=self._state.name)
        self._show()
        until_ms = _now_ms() + int(seconds * 1000)
        await self._outbox.write("note_flood_wait", [(f"{self._state.name}:{request}", until_ms)])

    def seconds(self, request: str) -> float:
        """How long this request still has to wait; 0 when it need not."""
        return max(0.0, self._until.get(request, 0.0) - anyio.current_time())

    async def obey(self, request: str) -> None:
        """Wait as long as Telegram asked for."""
        await anyio.sleep_until(self._until.get(request, 0.0))
        if self._until.pop(request, None) is not None:
            self._show()

    def _show(self) -> None:
        waits = {name: self.seconds(name) for name in self._until}
        self._state.floods = {name: round(wait, 1) for name, wait in waits.items() if wait > 0}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
