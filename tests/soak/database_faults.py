"""Ends of the database server."""

import anyio
import anyio.to_thread

from tests.soak.site import Site


async def killed_database(site: Site, seconds: float) -> int:
    """SIGKILL of the postmaster; it recovers from its log."""
    assert site.postgres is not None
    was_running = site.postgres.pid is not None
    await anyio.to_thread.run_sync(site.postgres.kill)
    await anyio.sleep(seconds)
    await anyio.to_thread.run_sync(site.postgres.start)
    return int(was_running)


async def stopped_database(site: Site, seconds: float) -> int:
    """A stop that lets nobody finish, and a start."""
    assert site.postgres is not None
    was_running = site.postgres.pid is not None
    await anyio.to_thread.run_sync(site.postgres.stop)
    await anyio.sleep(seconds)
    await anyio.to_thread.run_sync(site.postgres.start)
    return int(was_running)
