"""The gateway's outbox and relay as they run in the service, without its HTTP and its sources."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import anyio

from contracts import metrics
from contracts.secret import Token
from contracts.telemetry import Telemetry
from gateway_outbox.outbox import outbox_lock
from gateway_outbox.outbox.outbox import Outbox, open_outbox
from gateway_outbox.outbox.outbox_writer import Command
from gateway_outbox.relay.api_client import open_api_client
from gateway_outbox.relay.backoff import Backoff
from gateway_outbox.relay.delivery import Delivery
from gateway_outbox.relay.relay import Relay
from gateway_outbox.settings import Settings
from tests.postgres import TOKEN


class Gateway(NamedTuple):
    """An outbox and the relay that empties it."""

    outbox: Outbox
    relay: Relay

    async def save_image(self, folder: Path) -> None:
        """Copy the files into `folder` as they are now: what a crash at this moment leaves.

        The writer waits meanwhile, because no crash mixes two moments. By another process, because
        opening and closing the file here would drop SQLite's locks.
        """
        path = self.outbox.path

        async def copy(_connection: object) -> None:
            log = path.with_name(path.name + "-wal")
            await anyio.run_process(["cp", str(path), str(log), str(folder)])

        await self.outbox._writer.submit(Command(copy, alone=True))


@asynccontextmanager
async def running_gateway(path: Path, port: int, patience: float) -> AsyncIterator[Gateway]:
    """A gateway that delivers to `port` waiting so many seconds for each answer."""
    settings = Settings(
        api_secret_token=Token(TOKEN),
        api_endpoint=f"http://127.0.0.1:{port}/ingest",
        api_timeout_seconds=patience,
        outbox_path=path,
    )
    telemetry = Telemetry(metrics.GATEWAY, "test", "0")
    with outbox_lock.hold(path):
        async with (
            open_outbox(path, telemetry) as outbox,
            open_api_client(settings, lambda: settings.api_secret_token) as client,
        ):
            delivery = Delivery(client, outbox, telemetry)
            relay = Relay(outbox, delivery, Backoff(3, 0.01, 0.02), 4, telemetry)
            async with anyio.create_task_group() as tasks:
                await tasks.start(relay.run)
                yield Gateway(outbox, relay)
                tasks.cancel_scope.cancel()
    telemetry.close()
