"""The trace of a message, as headers and log lines carry it."""

import pytest

from contracts import wire
from contracts.trace import about, trace_id, traceparent_of
from gateway_outbox.outbox.outbox_row import row_of
from tests.messages import message

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_the_id_is_the_parent_s_second_part() -> None:
    """None for what is no traceparent."""
    assert trace_id(PARENT) == "0af7651916cd43dd8448eb211c80319c"
    assert [trace_id(text) for text in (None, "", "00-x-y-01", PARENT + "\n")] == [None] * 4
    assert about(-100, 7, PARENT)["trace_id"] == trace_id(PARENT)


@pytest.mark.parametrize("text", ["x", f'"traceparent":"{PARENT}"}}', "\\", 'a"'])
def test_it_is_read_from_a_payload(text: str) -> None:
    """The one that the outbox wrote, whatever the text tries to look like."""
    payload = row_of(message(1, text), "replay")[5]
    assert isinstance(payload, bytes)
    assert traceparent_of(payload) == wire.decode_message(payload).traceparent
    assert traceparent_of(wire.encode(message(1, text))) is None
