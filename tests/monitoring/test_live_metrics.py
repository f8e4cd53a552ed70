"""Both services as processes, fed from both sides of Telegram: each exposes its table, no more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import time

import pytest
from anyio.to_thread import run_sync

from contracts import metrics
from contracts.metrics import Metric
from contracts.version import current
from tests.api_process import ApiProcess
from tests.monitoring import exposition
from tests.monitoring.exposition import BUILD, PROCESS, Exposition
from tests.postgres import TOKEN as API_TOKEN
from tests.telegram.bot_api_server import TOKEN, bot_api_server
from tests.telegram.bot_updates import post
from tests.telegram.mtproto_server import running_server
from tests.telegram.user_gateway import UserGateway
from tests.telegram.world import Telegram
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(60)

# Every target of the proposal that is a time is a bound of the histogram that measures it.
OBJECTIVES = {
    "relay_request_seconds": "0.01",
    "api_pipeline_seconds": "0.1",
    "relay_delivery_seconds": "5.0",
}


@asynccontextmanager
async def running_pair(folder: Path, dsn: str) -> AsyncIterator[tuple[str, str]]:
    """Addresses of an API and a gateway that both have had a message from each source."""
    telegram = Telegram()
    channel = telegram.channel("Mesa")
    api = ApiProcess(dsn, folder / "api.log", GATEWAY_SECRET_TOKEN=API_TOKEN)
    async with bot_api_server() as bot, running_server(telegram) as server:
        gateway = UserGateway(
            folder,
            server,
            API_SECRET_TOKEN=API_TOKEN,
            CANARY_SECONDS="1",
            TELEGRAM_INGESTION_BOT_TOKEN=TOKEN,
            TELEGRAM_BOT_API_BASE=bot.base,
        )
        gateway.declare(channel)
        try:
            await run_sync(api.start)
            gateway.process._environ["API_ENDPOINT"] = f"{api.url}/ingest"
            async with gateway.running():
                await gateway.seen(channel)
                channel.post("Ativo: PETR4\nCompra: 30,50\nAlvo 1: 31,00")
                bot.publish("channel_post", post(1, date=int(time()) + 60))
                yield api.url, gateway.process.url
        finally:
            await run_sync(api.kill)


async def shown(url: str, table: tuple[Metric, ...]) -> Exposition:
    """The service's metrics, once each of the table is there. Raises TimeoutError."""
    names = {metric.name for metric in table}

    async def complete() -> bool:
        return names <= set((await run_sync(exposition.read, url)).kinds)

    try:
        await eventually(complete)
    except TimeoutError:
        found = await run_sync(exposition.read, url)
        raise AssertionError(f"never exposed: {sorted(names - set(found.kinds))}") from None
    return await run_sync(exposition.read, url)


async def test_both_expose_the_table_and_nothing_else(database: str, tmp_path: Path) -> None:
    """Kinds, label values and bounds as documented; process and build beside them."""
    async with running_pair(tmp_path, database) as (api, gateway):
        for url, table in ((api, metrics.API), (gateway, metrics.GATEWAY)):
            found = await shown(url, table)
            assert found.own == {metric.name: metric.kind for metric in table}
            assert set(found.kinds) >= PROCESS
            assert found.labels[BUILD]["service_version"] == {current()}
            for metric in table:
                check_labels(metric, found)


def check_labels(metric: Metric, found: Exposition) -> None:
    """The labels are the table's, and hold no other value than it names."""
    shown = {name: v for name, v in found.labels[metric.name].items() if name != "le"}
    assert set(shown) == set(metric.labels), metric.name
    for label, values in metric.labels.items():
        assert not values or shown[label] <= set(values), (metric.name, label)
        assert len(shown[label]) < 100, (metric.name, label)
    if metric.kind == "histogram":
        bounds = {str(float(bound)) for bound in metric.bounds}
        assert found.labels[metric.name]["le"] == {*bounds, "+Inf"}, metric.name


@pytest.mark.parametrize(("name", "objective"), OBJECTIVES.items())
def test_each_objective_is_a_bound(name: str, objective: str) -> None:
    """Else the share within it could only be guessed between two buckets."""
    table = {metric.name: metric for metric in (*metrics.GATEWAY, *metrics.API)}
    assert objective in [str(bound) for bound in table[name].bounds]
