"""What no description leads to: broken bodies, odd paths. test_described.py does the rest."""

import http.client
import json
import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from ingest_api.openapi import openapi
from tests.api_process import ApiProcess
from tests.fuzzing import examples
from tests.ingest_api.test_ingest import HEADERS

pytestmark = pytest.mark.fuzz
_ENDLESS = {"/signals/stream"}
_PATHS = openapi()["paths"]
_OPERATIONS = [
    (method, path) for path, methods in _PATHS.items() for method in methods if path not in _ENDLESS
]
_texts = strategies.text(max_size=30) | strategies.sampled_from(
    ["2025-10-25", "1761397200000", "-1001649127710", "10", "withdrawn", "1.2", "\x00", "..", "a/b"]
)
_values = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | _texts,
    lambda inner: (
        strategies.lists(inner, max_size=3) | strategies.dictionaries(_texts, inner, max_size=3)
    ),
    max_leaves=5,
)
_FIELDS = (
    *("ingestedAt", "label", "channel_id", "channel_type", "description", "status", "token"),
    *("username", "bot_type", "signal_count", "last_signal", "messages", "channelId", "messageId"),
    *("text", "timestamp", "version", "outbox", "answers", "deletedAt"),
)
_objects = strategies.dictionaries(strategies.sampled_from(_FIELDS), _values, max_size=6)
_bodies = strategies.one_of(
    (_objects | _values).map(lambda value: json.dumps(value).encode()),
    strategies.binary(max_size=40),
)
_queries = strategies.dictionaries(
    strategies.sampled_from(
        ["limit", "channel", "type", "search", "from", "to", "cursor", "include", "channelId"]
    ),
    _texts,
    max_size=4,
)


@pytest.mark.parametrize(("method", "path"), _OPERATIONS)
@given(place=_texts, query=_queries, body=_bodies, form=strategies.booleans())
@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_request_breaks_the_server(  # noqa: PLR0913  # a request has that many parts
    api: ApiProcess,
    method: str,
    path: str,
    *,
    place: str,
    query: dict[str, str],
    body: bytes,
    form: bool,
) -> None:
    """Any parameters, any body, JSON or form: an answer that stands in the description."""
    target = re.sub(r"{\w+}", lambda _: quote(place, safe="") or "x", path)
    target += f"?{urlencode(query)}" if query else ""
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    connection = http.client.HTTPConnection(api.url.removeprefix("http://"), timeout=20)
    try:
        connection.request(method.upper(), target, body, HEADERS | {"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    # Of a path that a slash or a dot changed, another route may answer, or none.
    documented = {int(status) for status in _PATHS[path][method]["responses"]} | (
        {404, 405} if "{" in path else set()
    )
    assert answer.status in documented, target
    assert answer.status < 500 or answer.status == 503, target
