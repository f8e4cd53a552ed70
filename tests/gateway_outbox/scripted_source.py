"""A source that does what a test tells it."""

from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskStatus

from gateway_outbox.source import SourceState


async def for_ever() -> None:
    """What a source does that is never lost."""
    await anyio.sleep_forever()


class ScriptedSource:
    """Runs `script`; a SourceLostError in it turns the state as a real source does before."""

    def __init__(self, name: str, script: Callable[[], Awaitable[None]] = for_ever) -> None:
        self.state = SourceState(name)
        self.was_cancelled = False
        self._script = script

    async def run(self, *, task_status: TaskStatus[None]) -> None:
        """The script, from the state connected on."""
        self.state.turn("connected")
        task_status.started()
        try:
            await self._script()
        except anyio.get_cancelled_exc_class():
            self.was_cancelled = True
            raise
