"""The one place where a test looks at something again and again until it is so."""

import time
from collections.abc import Awaitable, Callable

import anyio

PAUSE_SECONDS = 0.005


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Block until the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not hold within {seconds} s")
        time.sleep(PAUSE_SECONDS)


async def eventually(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until the condition holds. Raises TimeoutError."""
    with anyio.fail_after(seconds):
        while True:
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await anyio.sleep(PAUSE_SECONDS)
