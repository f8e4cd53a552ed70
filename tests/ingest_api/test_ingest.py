"""POST /ingest and /ingest/batch over a real socket, into a real database."""

from collections.abc import Callable
from typing import Any

import aiohttp
import psycopg
import pytest

from tests.api_process import ApiProcess
from tests.ingest_api.messages import CHATTER, SIGNAL, body
from tests.ingest_api.tables import stored
from tests.postgres import TOKEN

HEADERS = {"X-Gateway-Token": TOKEN}
_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def _post(
    client: aiohttp.ClientSession, path: str, content: Any
) -> tuple[int, dict[str, Any]]:
    async with client.post(path, json=content, headers=HEADERS) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_the_proposals_five_fields_are_enough(client: aiohttp.ClientSession) -> None:
    """A body with just these is stored; the id as a string, as the old gateway sends it."""
    answer = await _post(client, "/ingest", body(1, channelId="-1001"))
    assert answer == (
        200,
        {
            "status": "ok",
            "success": True,
            "messageId": 1,
            "stored": True,
            "outcome": "created",
            "revision": 1,
            "kind": "signal",
            "signal": {"asset": "PETRW385", "direction": "buy", "signal_type": "Swing Trade"},
        },
    )


async def test_a_second_delivery_is_a_duplicate(client: aiohttp.ClientSession) -> None:
    """The same message again is 200, not stored, and says why."""
    await _post(client, "/ingest", body(2))
    status, answer = await _post(client, "/ingest", body(2))
    assert status == 200
    assert (answer["stored"], answer["reason"], answer["skipped"]) == (False, "duplicate", True)


async def test_an_edit_is_the_same_message_with_a_new_text(client: aiohttp.ClientSession) -> None:
    """An edit to chatter is stored as revision 2 and withdraws the signal."""
    await _post(client, "/ingest", body(3, channelId=-1003))
    edit = body(3, CHATTER, channelId=-1003, editedAt="2025-10-25T14:00:00Z")
    status, answer = await _post(client, "/ingest", edit)
    assert (status, answer["outcome"], answer["revision"]) == (200, "updated", 2)
    assert answer["signal"] is None
    async with client.get("/signals", params={"channel": "-1003"}) as found:
        assert await found.json() == {"data": []}


@pytest.mark.parametrize("text", ["", CHATTER])
async def test_a_text_that_is_no_signal_is_a_success(
    client: aiohttp.ClientSession, text: str
) -> None:
    """A photo without caption and a greeting are stored as messages."""
    status, answer = await _post(client, "/ingest", body(4, text, channelId=-1004 - len(text)))
    assert (status, answer["stored"], answer["kind"]) == (200, True, "not_a_signal")


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({}, "$.channelId"),
        (body(5) | {"timestamp": "2025-10-25T10:00:00"}, "$.timestamp"),
        (body(0), "$.messageId"),
        (body(5) | {"messageId": "5"}, "$.messageId"),
        (body(5, "a\x00b"), "$.text"),
        (body(5, "x" * 16385), "$.text"),
        ([], "$"),
    ],
)
async def test_a_broken_message_is_400_with_its_path(
    client: aiohttp.ClientSession, content: Any, path: str
) -> None:
    """The problem names the place of the fault."""
    status, answer = await _post(client, "/ingest", content)
    assert (status, answer["type"]) == (400, "urn:tpcapital:problem:invalid-message")
    assert [fault["path"] for fault in answer["errors"]] == [path]


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":NaN}'])
async def test_what_is_no_json_is_400(client: aiohttp.ClientSession, raw: bytes) -> None:
    """Broken JSON of any kind is the sender's fault, not ours."""
    headers = HEADERS | {"content-type": "application/json"}
    for path in ("/ingest", "/ingest/batch"):
        async with client.post(path, data=raw, headers=headers) as answer:
            assert answer.status == 400
            assert answer.content_type == "application/problem+json"


async def test_a_batch_tells_what_became_of_each(client: aiohttp.ClientSession) -> None:
    """A bad item is refused alone, by its index; the header counts what was added."""
    content = {"messages": [body(10), {"text": "?"}, body(10), body(11, CHATTER)]}
    async with client.post("/ingest/batch", json=content, headers=HEADERS) as answer:
        assert answer.status == 200
        assert answer.headers["Ingest-Written"] == "2"
        found = await answer.json()
    assert found["received"] == 4
    outcomes = [result["outcome"] for result in found["results"]]
    assert outcomes == ["created", "rejected", "unchanged", "created"]
    refused = found["results"][1]
    assert refused["index"] == 1
    assert refused["problem"]["errors"][0]["path"] == "$.messages[1].channelId"
    assert refused["problem"]["request_id"] == answer.headers["X-Request-Id"]


async def test_a_batch_of_refused_items_only_is_still_answered(
    client: aiohttp.ClientSession,
) -> None:
    """No item is good, no transaction is needed, each result is there."""
    status, answer = await _post(client, "/ingest/batch", {"messages": [{}, 1]})
    assert status == 200
    assert [result["outcome"] for result in answer["results"]] == ["rejected", "rejected"]


@pytest.mark.parametrize("count", [0, 501])
async def test_a_batch_of_the_wrong_size_is_400(client: aiohttp.ClientSession, count: int) -> None:
    """1 to 500 messages, not none and not more."""
    content = {"messages": [body(number, "") for number in range(1, count + 1)]}
    status, answer = await _post(client, "/ingest/batch", content)
    assert (status, answer["errors"][0]["path"]) == (400, "$.messages")


async def test_a_full_batch_is_stored_whole(
    client: aiohttp.ClientSession, api_database: str
) -> None:
    """500 messages of one request are 500 rows, text intact."""
    texts = {number: f"{SIGNAL} nº {number} 🟢" for number in range(1, 501)}
    content = {"messages": [body(n, text, channelId=-1500) for n, text in texts.items()]}
    status, answer = await _post(client, "/ingest/batch", content)
    assert (status, {result["outcome"] for result in answer["results"]}) == (200, {"created"})
    rows = [row for row in stored(api_database)["messages"] if row["channel_id"] == -1500]
    assert {row["message_id"]: row["text"] for row in rows} == texts


async def test_numbers_beyond_64_bits_in_photos_pass(client: aiohttp.ClientSession) -> None:
    """What the contract lets pass is stored, also numbers no database integer holds."""
    photos = [{"file_id": "x", "size": 10**30}, "file-2"]
    status, answer = await _post(client, "/ingest", body(20, CHATTER, photos=photos))
    assert (status, answer["stored"]) == (200, True)


async def test_what_is_ingested_is_counted(client: aiohttp.ClientSession, api: ApiProcess) -> None:
    """Each counter of the table moves with what it counts."""
    received = "2025-10-25T13:00:01Z"
    await _post(client, "/ingest", body(30, receivedAt=received))
    await _post(client, "/ingest", body(30, receivedAt=received))
    async with client.post("/ingest", json=body(30)) as refused:
        assert refused.status == 401
    async with client.get(f"{api.url}/metrics") as answer:
        lines = dict(
            line.rsplit(" ", 1)
            for line in (await answer.text()).splitlines()
            if not line.startswith("#")
        )
    for name in (
        'api_ingestion_requests_total{status="success"}',
        'api_ingestion_requests_total{status="duplicate"}',
        'api_ingestion_requests_total{status="auth_error"}',
        'api_ingest_messages_total{outcome="created"}',
        'api_ingest_messages_total{outcome="unchanged"}',
        'api_parse_results_total{kind="signal"}',
        'api_signals_inserted_total{signal_type="Swing Trade"}',
        'api_gateway_auth_total{token="current"}',
        "api_transaction_seconds_count",
        "api_transaction_messages_count",
        "api_pipeline_seconds_count",
    ):
        assert float(lines[name]) > 0, name
    assert lines['api_ingestion_requests_total{status="draining"}'] == "0.0"


async def test_what_the_database_refuses_is_the_messages_own_fault(
    start_api: Callable[..., ApiProcess], database: str
) -> None:
    """400 with its words, alone or in a batch, whose others are stored; no word of it is logged."""
    rule = "alter table tp_capital.messages add constraint lucky check (message_id <> 13)"
    with psycopg.connect(database) as connection:
        connection.execute(rule)
    api = start_api(LOG_LEVEL="debug")
    async with aiohttp.ClientSession(api.url) as client:
        status, alone = await _post(client, "/ingest", body(13))
        messages = [body(12, CHATTER), body(13), body(14, traceparent=_TRACE)]
        _, among = await _post(client, "/ingest/batch", {"messages": messages})
        async with client.get("/metrics") as answer:
            told = await answer.text()
    assert status == 400
    assert "the database will not take this message as it is" in alone["detail"]
    assert "lucky" in alone["detail"]
    outcomes = [(each["outcome"], each["stored"]) for each in among["results"]]
    assert outcomes == [("created", True), ("rejected", False), ("created", True)]
    refused = among["results"][1]
    assert (refused["messageId"], refused["problem"]["status"]) == (13, 400)
    assert refused["problem"]["errors"][0]["path"] == "$.messages[1]"
    assert [row["message_id"] for row in stored(database)["messages"]] == [12, 14]
    assert 'api_ingest_messages_total{outcome="rejected"} 2.0' in told
    assert 'api_ingestion_requests_total{status="validation_error"} 2.0' in told
    lines = api.lines("ingest.recorded")
    assert [(each["message_id"], each["kind"]) for each in lines] == [
        *[(13, "signal"), (12, "not_a_signal"), (13, "signal"), (14, "signal")]
    ]
    assert lines[-1]["trace_id"] == _TRACE.split("-")[1]
    assert "PETRW385" not in api.text
