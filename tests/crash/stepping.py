"""Cancels a piece of work at its k-th suspension, counting those of all the tasks it starts."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any

import anyio

_counted: ContextVar["Steps | None"] = ContextVar("counted", default=None)


class Steps:
    """Counts suspensions; at number `limit` (None: never) it cancels `scope`."""

    def __init__(self, scope: anyio.CancelScope, limit: int | None) -> None:
        self.taken = 0
        self._scope = scope
        self._limit = limit

    def take(self) -> None:
        """A task is about to wait for something."""
        self.taken += 1
        if self.taken == self._limit:
            self._scope.cancel()


class _Stepped(Coroutine[Any, Any, Any]):
    """A coroutine that counts whenever it waits, and else is the one it was made of."""

    def __init__(self, work: Coroutine[Any, Any, Any], steps: Steps) -> None:
        self._work = work
        self._steps = steps

    def send(self, value: Any, /) -> Any:
        """Go on until the next wait."""
        awaited = self._work.send(value)
        self._steps.take()
        return awaited

    def throw(self, error: Any, /, *_old: object) -> Any:
        """Go on with an error until the next wait."""
        awaited = self._work.throw(error)
        self._steps.take()
        return awaited

    def close(self) -> None:
        """End it."""
        self._work.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)  # cr_running and the like, by which a state is told


def _factory(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any
) -> "asyncio.Task[Any]":
    steps = _counted.get()
    return asyncio.Task(_Stepped(work, steps) if steps else work, loop=loop, **options)


async def cancelled_at(work: Callable[[], Coroutine[Any, Any, None]], limit: int | None) -> int:
    """Run the work in a task group, cancelled at its `limit`-th wait; returns how many it had.

    Only the work's own tasks are counted and cancelled; what serves them runs on.
    """
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(_factory)  # type: ignore[arg-type]  # typeshed wants a Future's protocol
    try:
        async with anyio.create_task_group() as tasks:
            steps = Steps(tasks.cancel_scope, limit)
            token = _counted.set(steps)
            tasks.start_soon(work)
            _counted.reset(token)
    finally:
        loop.set_task_factory(before)
    return steps.taken
