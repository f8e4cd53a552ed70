"""What the gateway tells the API of a user session, and the comparison that the API asks for."""

from datetime import UTC, datetime
from typing import Any

import anyio
from msgspec.structs import replace

from contracts.gateway_report import GatewayRequest
from gateway_outbox.channels_file import Channels
from gateway_outbox.control.status_report import StatusReporter
from gateway_outbox.relay.api_client import open_api_client
from gateway_outbox.side_queues import SideQueues
from gateway_outbox.user.history_desk import HistoryDesk
from gateway_outbox.user_lanes_source import open_user_source
from tests.gateway_outbox.reported_api import reported_api
from tests.telegram.channel import Channel
from tests.telegram.gateway_user import Site
from tests.telegram.world import Telegram
from tests.waiting import eventually


async def test_a_comparison_is_made_when_the_api_asks(
    site: Site, telegram: Telegram, mesa: Channel
) -> None:
    """The answer counts what was new and names the sources; the reports tell their last times."""
    target = telegram.channel("Saída", "saida", writable=True)
    site.declare("@mesa", target)
    file = site.folder / "channels.toml"
    file.write_text(f'{file.read_text()}\nrole = "destination"\n')
    async with reported_api() as (api, port):
        settings = replace(site.settings, api_endpoint=f"http://127.0.0.1:{port}/ingest")
        channels, desk = Channels(settings), HistoryDesk()
        parts: Any = (settings, channels, site.outbox, site.telemetry, SideQueues(), desk)
        source = open_user_source(*parts)
        async with (
            open_api_client(settings, lambda: settings.api_secret_token) as client,
            anyio.create_task_group() as tasks,
        ):
            await tasks.start(lambda *, task_status: source.run(task_status=task_status))
            reporter = StatusReporter(client, site.outbox, [source.state], channels, desk)
            tasks.start_soon(reporter.run)
            mesa.post("withheld", push=False)
            mesa.post("withheld, too", push=False)
            api.requests = [GatewayRequest(id=1, kind="sync")]
            await eventually(lambda: bool(api.answers))
            tasks.cancel_scope.cancel()
    (answer,) = api.answers
    assert (answer.succeeded, answer.messages_synced, answer.messages_saved) == (True, 2, 2)
    assert answer.channels == [mesa.marked_id]
    told = {each.channel_id: each for each in api.reports[-1].channels}
    assert {each.role for each in told.values()} == {"source", "destination"}
    last = told[mesa.marked_id].last_message_at
    assert last is not None
    assert abs((datetime.now(UTC) - last).total_seconds()) < 20
    assert told[target.marked_id].last_message_at is None
