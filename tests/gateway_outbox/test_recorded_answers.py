"""A newer gateway with an older API: every answer that a version ever gave settles rows as then."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from contracts.canary import CANARY_PATH, CanaryStored
from contracts.gateway_report import GatewayReply
from contracts.token_use import PATH, TokenUse
from contracts.wire import STATUS_PATH
from gateway_outbox.outbox.outbox import Outbox
from gateway_outbox.relay.relay import Relay
from tests.gateway_outbox.scripted_api import ScriptedApi
from tests.messages import messages
from tests.recorded_wire import Exchange, recorded, versions, with_news
from tests.waiting import eventually

READERS = {STATUS_PATH: GatewayReply, CANARY_PATH: CanaryStored, PATH: TokenUse}
SETTLING = (200, 400)  # the others hold the relay, as they should
EVERY = [(file, each) for file in versions() for each in recorded(file)]
SETTLED = [
    pytest.param(each, later, id=f"{file.stem}: {each.name}{', with news' if later else ''}")
    for file, each in EVERY
    for later in (False, True)
    if each.path.startswith("/ingest") and each.path != CANARY_PATH and each.status in SETTLING
]


def outcomes(exchange: Exchange) -> list[str]:
    """What the answer says of each message of its request."""
    answer = exchange.answer
    if exchange.status != SETTLING[0]:
        return ["rejected"]
    return [each["outcome"] for each in answer.get("results", [answer])]


@pytest.mark.parametrize(("exchange", "later"), SETTLED)
async def test_a_recorded_answer_settles_its_rows(
    exchange: Exchange, outbox: Outbox, relay: Relay, api: ScriptedApi, *, later: bool
) -> None:
    """Delivered with its outcome, or a dead letter; fields of a newer API are passed over."""
    body = json.dumps(with_news(exchange.answer) if later else exchange.answer).encode()
    api.script = lambda _api, _messages: web.Response(
        status=exchange.status, body=body, content_type="application/json"
    )
    expected = outcomes(exchange)
    await outbox.append(messages(len(expected)), "replay")
    await eventually(lambda: outbox.pending == 0)
    dead = expected.count("rejected")
    assert (outbox.dead_letters, relay.trouble) == (dead, None)
    with closing(sqlite3.connect(outbox.path)) as file:
        rows = file.execute("SELECT outcome FROM outbox ORDER BY seq").fetchall()
    assert [row[0] or "rejected" for row in rows] == expected


@pytest.mark.parametrize("path", READERS)
@pytest.mark.parametrize("file", versions(), ids=lambda file: file.stem)
def test_other_answers_are_read(file: Path, path: str) -> None:
    """Also with fields that nobody knows yet."""
    (exchange,) = [each for each in recorded(file) if each.path == path]
    for answer in (exchange.answer, with_news(exchange.answer)):
        assert msgspec.json.decode(json.dumps(answer), type=READERS[path])
