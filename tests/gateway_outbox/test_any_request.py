"""Any body to any route of the gateway, by one that has the tokens: never an error of its own."""

import http.client
import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies

from contracts.wire import TOKEN_HEADER
from gateway_outbox import outbox_lock
from gateway_outbox.control import CONTROL_HEADER
from gateway_outbox.web import ROUTES, Endpoint
from tests.fuzzing import examples
from tests.messages import TOKEN
from tests.running_gateway import GatewayProcess, gateway_process

pytestmark = pytest.mark.fuzz

_FIELDS = (
    *("source", "messages", "seqs", "reason", "channel", "channel_id", "channelId", "messageId"),
    *(
        "text",
        "timestamp",
        "since",
        "until",
        "limit",
        "name",
        "id",
        "ids",
        "number",
        "media",
        "all",
    ),
)
_texts = strategies.text(max_size=20) | strategies.sampled_from(
    ["2025-10-25", "2025-10-25T13:00:00Z", "-1001649127710", "@name", "import", "\x00", "\ud800"]
)
_numbers = strategies.integers() | strategies.sampled_from([0, 1, -1, 2**63, -(2**63), 10**400])
_leaves = strategies.none() | strategies.booleans() | _numbers | strategies.floats() | _texts
_values = strategies.recursive(
    _leaves,
    lambda inner: (
        strategies.lists(inner, max_size=4)
        | strategies.dictionaries(strategies.sampled_from(_FIELDS) | _texts, inner, max_size=5)
    ),
    max_leaves=8,
)
_bodies = strategies.one_of(
    strategies.dictionaries(strategies.sampled_from(_FIELDS), _values, max_size=6).map(
        lambda value: json.dumps(value).encode()
    ),
    _values.map(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")),
    strategies.binary(max_size=60),
)


class Gateway(NamedTuple):
    """A running gateway and the headers that open everything."""

    process: GatewayProcess
    headers: dict[str, str]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One for the module; after it, its log holds no error."""
    outbox = tmp_path_factory.mktemp("gateway") / "outbox.sqlite3"
    with gateway_process(outbox) as process:
        holder = outbox_lock.holder_of(outbox)
        assert holder is not None
        yield Gateway(process, {CONTROL_HEADER: holder.control_token, TOKEN_HEADER: TOKEN})
        assert process.stop() == 0
        assert process.process.stderr is not None
        rest = [json.loads(line) for line in process.process.stderr]
        assert [line for line in (*process.log, *rest) if line["level"] == "error"] == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
@given(body=_bodies)
@settings(max_examples=examples(6), deadline=None)
def test_no_request_breaks_the_gateway(gateway: Gateway, route: Endpoint, body: bytes) -> None:
    """2xx, or a refusal; 503 where Telegram is needed, which is not there."""
    method, path = route.method, route.path
    connection = http.client.HTTPConnection("127.0.0.1", gateway.process.port, timeout=30)
    try:
        connection.request(method, path, body, gateway.headers)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    assert answer.status < 500 or answer.status == 503, (path, body)
