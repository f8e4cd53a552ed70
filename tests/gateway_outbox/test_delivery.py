"""What the gateway's log says of single messages."""

import logging

import pytest

from contracts.message import Message
from contracts.trace import HEADER, trace_id
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.relay import Relay
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.messages import CHANNEL, messages
from tests.waiting import eventually


async def test_a_dead_letter_is_told_with_its_trace(
    outbox: Outbox, relay: Relay, api: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    """By the ids and the trace under which the API was asked; of the text nothing."""
    api.script = lambda _api, _messages: status(422)
    await outbox.append(messages(1), "replay")
    await eventually(lambda: "is a dead letter" in caplog.text)
    (record,) = [r for r in caplog.records if getattr(r, "action", "") == "relay.dead_letter"]
    sent: Message = api.requests[0][0]
    assert trace_id(api.headers[0][HEADER]) == trace_id(sent.traceparent)
    told = {name: record.__dict__[name] for name in ("seq", "channel_id", "message_id", "trace_id")}
    assert told == {
        "seq": 1,
        "channel_id": CHANNEL,
        "message_id": 1,
        "trace_id": trace_id(sent.traceparent),
    }
    assert sent.text not in record.getMessage()
    assert relay.trouble is None


async def test_a_delivery_is_told_at_debug_only(
    outbox: Outbox, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise a backlog would fill the log."""
    caplog.set_level(logging.DEBUG, "gateway_outbox.relay.delivery")
    await outbox.append(messages(3), "replay")
    await eventually(lambda: outbox.pending == 0)
    told = [r.__dict__["message_id"] for r in caplog.records if r.__dict__.get("seq")]
    assert sorted(told) == [1, 2, 3]
    assert relay.trouble is None
