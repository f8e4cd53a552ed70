"""What the command line may ask of the gateway."""

import msgspec
import pytest

from contracts.wire import encode
from gateway_outbox.outbox.outbox import Outbox
from tests.gateway_outbox.conftest import Site
from tests.gateway_outbox.scripted_api import ScriptedApi, status
from tests.messages import message, messages
from tests.waiting import eventually

ACTIONS = ("append", "retry", "discard", "vacuum")


def append_body(count: int) -> bytes:
    """So many messages for `POST /outbox/append`."""
    return b'{"source":"import","messages":[%b]}' % b",".join(map(encode, messages(count)))


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("token", ["", "c" * 63, "é" * 64])
async def test_without_the_token_nothing_is_done(site: Site, action: str, token: str) -> None:
    """401 with the header's name, before the body is looked at."""
    code, problem = await site.post(f"/outbox/{action}", b"not json", token)
    assert (code, problem["type"]) == (401, "urn:tpcapital:problem:unauthorized")
    assert problem["detail"].startswith(
        "X-Control-Token is not the token in the outbox's lock file"
    )


@pytest.mark.parametrize(
    ("action", "body", "said"),
    [
        ("append", b"{", "Input data was truncated"),
        ("append", b'{"source":"import"}', "$.messages: is required"),
        ("append", b'{"source":"Import","messages":[]}', "$.source"),
        ("append", b'{"source":"import","messages":[{"text":""}]}', "$.messages[0]"),
        ("retry", b"{}", "$.seqs: is required"),
        ("retry", b'{"seqs":["1"]}', "$.seqs[0]"),
        ("retry", b'{"seqs":[9223372036854775808]}', "$.seqs[0]"),
        ("discard", b'{"seqs":[1],"reason":""}', "length >= 1"),
        ("discard", b'{"seqs":[1],"reason":"\xff"}', "no UTF-8"),
        ("vacuum", b"[]", "Expected `object`"),
    ],
)
async def test_a_wrong_body_is_refused(site: Site, action: str, body: bytes, said: str) -> None:
    """400 with the place of the fault."""
    code, problem = await site.post(f"/outbox/{action}", body)
    assert (code, problem["title"]) == (400, "Validation failed")
    assert said in problem["detail"]


async def test_append_stores_and_counts(site: Site, outbox: Outbox, api: ScriptedApi) -> None:
    """What is new is stored and relayed, what is known is a duplicate."""
    assert await site.post("/outbox/append", append_body(3)) == (
        200,
        {"stored": 3, "duplicates": 0},
    )
    await eventually(lambda: outbox.pending == 0)
    assert await site.post("/outbox/append", append_body(4)) == (
        200,
        {"stored": 1, "duplicates": 3},
    )
    await eventually(lambda: len(api.stored) == 4)


async def test_a_message_that_breaks_the_contract_is_not_stored(site: Site, outbox: Outbox) -> None:
    """What the API would refuse never becomes a row."""
    bad = encode(msgspec.structs.replace(message(1), channel_id=0))
    code, problem = await site.post("/outbox/append", b'{"source":"import","messages":[%b]}' % bad)
    assert (code, outbox.pending) == (400, 0)
    assert "$.messages[0].channelId: must be a 64-bit id" in problem["detail"]


async def test_dead_letters_are_retried_and_discarded(
    site: Site, outbox: Outbox, api: ScriptedApi
) -> None:
    """By number, or all that there are."""
    api.script = lambda _api, _messages: status(422)
    await outbox.append(messages(3), "replay")
    await eventually(lambda: outbox.dead_letters == 3)
    body = {"seqs": [1, 99], "reason": "test"}
    assert await site.post("/outbox/discard", body) == (200, {"changed": 1})
    assert outbox.dead_letters == 2
    api.script = lambda _api, _messages: None
    assert await site.post("/outbox/retry", {"seqs": [1]}) == (200, {"changed": 1})
    assert await site.post("/outbox/retry", {"seqs": None}) == (200, {"changed": 2})
    await eventually(lambda: len(api.stored) == 3)


async def test_vacuum_tells_the_sizes(site: Site, outbox: Outbox) -> None:
    """Bytes before and after, of file and log together."""
    code, sizes = await site.post("/outbox/vacuum", {})
    assert (code, sizes["after_bytes"]) == (200, outbox.size_bytes())
    assert sizes["before_bytes"] >= sizes["after_bytes"]
