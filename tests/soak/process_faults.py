"""Ends of the services' processes."""

import anyio

from tests.soak.kept_process import KeptProcess
from tests.soak.site import Site


async def killed(site: Site, seconds: float, *, name: str) -> int:
    """SIGKILL at any moment of its life; it is back some time later."""
    service = _service(site, name)
    was_running = await service.kill()
    await anyio.sleep(seconds)
    await service.start()
    return int(was_running)


async def restarted(site: Site, seconds: float, *, name: str) -> int:
    """SIGTERM, which must end it with 0; it is back some time later."""
    service = _service(site, name)
    is_orderly = await service.stop()
    await anyio.sleep(seconds / 4)
    await service.start()
    return int(is_orderly)


def _service(site: Site, name: str) -> KeptProcess:
    return site.api if name == "api" else site.gateway
