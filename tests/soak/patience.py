"""Waiting for what may not come: a fault that was not met is counted, and is no error yet."""

from collections.abc import Callable
from contextlib import suppress

from tests.waiting import eventually


async def met(condition: Callable[[], bool], seconds: float = 40) -> bool:
    """Whether it came to be within so many seconds."""
    with suppress(TimeoutError):
        await eventually(condition, seconds)
        return True
    return False
