"""The gateway's own HTTP."""

import json
import socket

import pytest

from contracts import metrics
from contracts.telemetry import Telemetry
from gateway_outbox.control.web import ROUTES, serve
from gateway_outbox.errors import PortBusyError
from gateway_outbox.outbox.outbox import Outbox
from tests.gateway_outbox.conftest import Site
from tests.messages import messages
from tests.waiting import eventually


async def test_a_well_gateway_answers_everywhere(site: Site) -> None:
    """200 on each page that looks."""
    site.source.turn("connected")
    paths = [route.path for route in ROUTES if route.method == "GET"]
    assert [(await site.get(path))[0] for path in paths] == [200] * len(paths)
    assert (await site.get("/livez"))[1] == "ok\n"
    assert (await site.get("/readyz"))[1] == "ready\n"
    assert json.loads((await site.get("/health"))[1])["status"] == "ok"


async def test_metrics_show_the_whole_table(
    site: Site, outbox: Outbox, telemetry: Telemetry
) -> None:
    """Every metric of the gateway's part, with what is stored and delivered counted."""
    await outbox.append(messages(3), "replay")
    await eventually(lambda: outbox.pending == 0)
    telemetry.record("telegram_receive_delay_seconds", 0.4, source="user")
    telemetry.record("pipeline_canary_duration_seconds", 0.01)
    text = (await site.get("/metrics"))[1]
    shown = [m for m in metrics.GATEWAY if m.labels != {"channel": ()}]  # none is tracked yet
    assert [m.name for m in shown if f"# TYPE {m.name} {m.kind}" not in text] == []
    assert 'telegram_messages_received_total{source="replay"} 3.0' in text
    assert "outbox_pending_rows 0.0" in text
    assert "relay_state 0.0" in text


async def test_an_unknown_path_is_not_found(site: Site) -> None:
    """404, and a page that looks takes no POST."""
    assert (await site.get("/outbox"))[0] == 404
    assert (await site.get("/outbox/append"))[0] == 405


@pytest.mark.usefixtures("relay")
async def test_a_taken_port_is_one_sentence(site: Site) -> None:
    """It names the port, how to find the other program, and the setting."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortBusyError) as caught:
            await serve(site.handlers, port)
    assert str(caught.value) == (
        f"port {port} on 127.0.0.1 is in use by another program."
        f" Stop it (`ss -ltnp 'sport = :{port}'` names it) or set GATEWAY_PORT."
    )
